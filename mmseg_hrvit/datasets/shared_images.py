"""Finding images that the training set shares with another data set."""

import filecmp
import os
import time
from collections import defaultdict
from collections.abc import Sequence

from mmseg_hrvit.words import number_of

PART = 4096  # bytes, which distinguish files of the same length


def warn_of_shared(
    train: Sequence[str], other: Sequence[str], split: str, seconds: float
) -> list[str]:
    """Warns of images that are in the training set and in another one.

    Args:
        train (Sequence[str]): Images of the training set.
        other (Sequence[str]): Images of the other set.
        split (str): Its name.
        seconds (float): Time to look for equal files of different names.

    Returns:
        list[str]: A warning, if there are such images.
    """
    pairs = find_shared(train, other, seconds)
    if not pairs:
        return []
    image, known = next(iter(pairs.items()))
    copy = '' if image == known else f' (the same file as {known})'
    return [
        f'{split}: {len(pairs)} of {number_of(len(other), "image")} '
        f'{"is" if len(pairs) == 1 else "are"} also in train, '
        f'such as {image}{copy}: results on them say nothing about new images; keep '
        'each in one split'
    ]


def find_shared(
    train: Sequence[str], other: Sequence[str], seconds: float
) -> dict[str, str]:
    """Finds images that are in two sets: the same files, else files of equal bytes.

    Args:
        train (Sequence[str]): Images of one set.
        other (Sequence[str]): Images of the other.
        seconds (float): After this time, no more files are compared.

    Returns:
        dict[str, str]: The images of the other set, and those of the first.
    """
    end = time.monotonic() + seconds
    files, lengths = {}, defaultdict(list)
    for path in train:
        if found := find_file(path):
            files[found] = path
            lengths[found[0]].append(path)
    seen = {path: found for path in other if (found := find_file(path))}
    shared = {path: files[found] for path, found in seen.items() if found in files}
    if shared:
        return shared
    for path, (length, *_) in seen.items():
        if time.monotonic() > end:
            break
        if length not in lengths:
            continue
        known = lengths[length]
        if isinstance(known, list):  # read when they are needed
            known = lengths[length] = {read_part(p, length): p for p in known}
        twin = known.get(read_part(path, length))
        if twin and filecmp.cmp(path, twin, shallow=False):
            shared[path] = twin
    return shared


def find_file(path: str) -> tuple[int, int, int] | None:
    """Returns a file's length, and what identifies the file; None if missing."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_dev, found.st_ino


def read_part(path: str, length: int) -> bytes:
    """Reads some bytes in the middle of a file."""
    with open(path, 'rb') as file:
        file.seek(length // 2)
        return file.read(PART)
