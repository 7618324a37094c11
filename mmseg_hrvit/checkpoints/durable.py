"""Files that are whole whenever they are there, whatever ends the process."""

import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mmseg_hrvit.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT)
ASIDE = '.part'  # suffix of a file that is not whole yet

# By folder: what deletes a file in it and says whether it could. mmengine builds a
# backend anew for every file, from arguments that JSON can hold.
ROOM_MAKERS: dict[Path, Callable[[], bool]] = {}


def write_durably(data: bytes, path: str | Path) -> None:
    """Writes a file aside and on to the disk, then gives it its name.

    Args:
        data (bytes): What the file holds.
        path (str | Path): Its path. What is there stays until the new file is whole.

    Raises:
        OSError: If it cannot be written. Nothing is left aside then.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ASIDE)
    try:
        with open(aside, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Puts the names in a folder on to the disk, as ``fsync`` does with a file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@register_backend('mmseg_hrvit.durable')
class DurableBackend(LocalBackend):
    """mmengine's writer of files on this machine, with ``write_durably``.

    Where the disk is full, it asks the one of ``ROOM_MAKERS`` and tries again.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes a file.

        Args:
            obj (bytes): What it holds.
            filepath (str | Path): Its path.

        Raises:
            InputError: If it cannot be written.
        """
        try:
            write_durably(obj, filepath)
        except OSError as error:
            make_room = ROOM_MAKERS.get(Path(filepath).parent)
            if error.errno in FULL and make_room is not None and make_room():
                self.put(obj, filepath)
                return
            raise InputError(
                f'{filepath} ({len(obj) / 2**20:,.1f} MiB) cannot be written '
                f'({error.strerror}); the checkpoints before it are whole: mend that, '
                'then go on with --resume'
            ) from error


class LateDeletion(LocalBackend):
    """mmengine's files on this machine, which are deleted when one says so."""

    def __init__(self) -> None:
        self.outdated = []

    def remove(self, filepath: str | Path) -> None:
        """Remembers a file, to be deleted by ``delete_now``.

        Args:
            filepath (str | Path): Its path.
        """
        self.outdated.append(Path(filepath))

    def delete_now(self) -> None:
        """Deletes the files."""
        while self.outdated:
            self.outdated.pop().unlink(missing_ok=True)


def is_whole(path: str | Path) -> bool:
    """Whether a file is a checkpoint with nothing cut off its end.

    ``torch.save`` writes a zip archive, whose directory comes last.
    """
    return zipfile.is_zipfile(path)
