"""Refusing small files that would take much memory."""

import mmap
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from mmseg_hrvit.errors import InputError

# torch's safe loader calls it with any number, and it takes that many bytes.
BYTEARRAY = b'\nbytearray\n'


def check_file(path: Path) -> None:
    """Refuses a file of ``torch.save`` that unpacks into more bytes than it has.

    Args:
        path (Path): The file. Other kinds of files are left to their loaders.

    Raises:
        InputError: If it is compressed (``torch.save`` never compresses), if parts of
            it are used more than once, or if a number in it requests memory.
    """
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > size:
            raise InputError(
                f'{path}: refused, because its {size} bytes unpack into {unpacked}, '
                'and torch.save does not compress; if you trust it, save it again'
            )
    if size and contains(path, BYTEARRAY):
        raise InputError(
            f'{path}: refused, because it holds a bytearray, which can take any '
            'amount of memory; if you trust it, save only its state_dict, or save it '
            'as .safetensors'
        )


def contains(path: Path, text: bytes) -> bool:
    """Whether a file contains a text; reads only the part that it searches."""
    with (
        open(path, 'rb') as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return content.find(text) >= 0


def check_arrays(checkpoint: object, path: Path) -> None:
    """Refuses arrays that claim to be larger than their file.

    An expanded tensor can be one number in the file and have any shape: it takes no
    memory until something copies it.

    Args:
        checkpoint (object): What was loaded.
        path (Path): Its file.

    Raises:
        InputError: If there is one.
    """
    size = os.path.getsize(path)
    for array in arrays_in(checkpoint):
        if array.nbytes > size:
            raise InputError(
                f'{path}: refused, because an array of the shape {tuple(array.shape)} '
                f'in it is larger than the file; save it as a contiguous one'
            )


def arrays_in(checkpoint: object) -> Iterator[Tensor | np.ndarray]:
    """Yields the tensors and arrays in containers, which may hold each other."""
    parts, seen = [checkpoint], set()
    while parts:
        part = parts.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Tensor | np.ndarray):
            yield part
        elif isinstance(part, Mapping):
            parts.extend(part.values())
        elif isinstance(part, list | tuple | set):
            parts.extend(part)
