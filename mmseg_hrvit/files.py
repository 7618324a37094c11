"""Writing files that are always complete, however the process ends."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError

ASIDE = '.part'  # suffix of a file that is not complete yet
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


def find_file_above(path: Path) -> Path | None:
    """Finds a file that stands where a folder above a path has to be."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    return None if above.is_dir() else above


def check_output(
    path: str | Path,
    inputs: Iterable[str | Path | None] = (),
    is_own: Callable[[Path], bool] = lambda path: True,
) -> None:
    """Refuses a file to write that would destroy another, or cannot be written.

    Args:
        path (str | Path): The file.
        inputs (Iterable[str | Path | None]): What the command reads. Defaults to ().
        is_own (Callable[[Path], bool]): Whether an older file by that name may be
            replaced. By default any may.

    Raises:
        InputError: If it is one of the inputs, also by a link; a folder; a file that
            may not be replaced; or below a file.
    """
    path = Path(path)
    if file := find_file_above(path):
        raise InputError(f'{path} cannot be written: {file} is a file, not a folder')
    if not path.exists():
        return
    if path.is_dir():
        raise InputError(f'{path} is a folder: give the name of a file')
    for source in inputs:
        if source is not None and os.path.exists(source) and path.samefile(source):
            raise InputError(
                f'{path} is also an input, and would be lost: give another name'
            )
    if not is_own(path):
        raise InputError(
            f'{path} exists, and another program or command wrote it: delete it, or '
            'give another name'
        )


def cannot_write(path: Path, error: Exception) -> InputError:
    """Makes the error that names a file that cannot be written."""
    reason = getattr(error, 'strerror', None) or ' '.join(str(error).split())[:160]
    return InputError(f'{path} cannot be written ({reason}): give another name')


@contextmanager
def written_aside(path: str | Path) -> Iterator[Path]:
    """Gives a temporary path to write to; at the end flushes the file and renames it.

    Args:
        path (str | Path): The file. An older one stays until the new one is complete.
            Its folder is created if it does not exist.

    Yields:
        Path: The temporary path: beside the file, on the same disk.

    Raises:
        OSError: If it cannot be written. No temporary file is left then.
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
    """Writes a temporary file, flushes it to the disk, and renames it.

    Args:
        data (bytes): The content of the file.
        path (str | Path): Its path. An older file stays until the new one is complete.

    Raises:
        OSError: If it cannot be written. No temporary file is left then.
    """
    with written_aside(path) as aside, open(aside, 'wb') as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Flushes the names in a folder to the disk, as ``fsync`` does with a file.

    Args:
        folder (Path): The folder. If the file system or the operating system cannot do
            that, the names are written later.
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
