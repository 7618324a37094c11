"""Files that are whole whenever they are there, whatever ends the process."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASIDE = '.part'  # suffix of a file that is not whole yet
# What file systems answer that cannot flush a folder, most of them over a network.
NO_FOLDER_SYNC = (
    errno.EINVAL,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EBADF,
    errno.EACCES,
    errno.EPERM,
    errno.EISDIR,
)


@contextmanager
def written_aside(path: str | Path) -> Iterator[Path]:
    """Gives a path to write to; at the end the file is flushed and gets its own name.

    Args:
        path (str | Path): The file. What is there stays until the new one is whole.
            Its folder is made if it is not there.

    Yields:
        Path: Where to write it: beside it, on the same disk.

    Raises:
        OSError: If it cannot be written. Nothing is left aside then.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ASIDE)
    try:
        yield aside
        with open(aside, 'rb+') as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_durably(data: bytes, path: str | Path) -> None:
    """Writes a file aside and on to the disk, then gives it its name.

    Args:
        data (bytes): What the file holds.
        path (str | Path): Its path. What is there stays until the new file is whole.

    Raises:
        OSError: If it cannot be written. Nothing is left aside then.
    """
    with written_aside(path) as aside, open(aside, 'wb') as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Puts the names in a folder on to the disk, as ``fsync`` does with a file.

    Args:
        folder (Path): The folder. Where the file system cannot do that, or the
            operating system, the names get there in their own time.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise
