"""mmengine's file backend, for checkpoints that stay complete however the run ends."""

import errno
import zipfile
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.files import write_durably

FULL = (errno.ENOSPC, errno.EDQUOT)
DURABLE = 'mmseg_hrvit.durable'  # the backend's name


class DiskFull(InputError):
    """The disk has no room for a checkpoint."""


@register_backend(DURABLE)
class DurableBackend(LocalBackend):
    """mmengine's files on this machine, written by ``write_durably``."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes a file.

        Args:
            obj (bytes): What it holds.
            filepath (str | Path): Its path.

        Raises:
            DiskFull: If the disk has no room for it.
            InputError: If it cannot be written for another reason.
        """
        try:
            write_durably(obj, filepath)
        except OSError as error:
            refusal = DiskFull if error.errno in FULL else InputError
            raise refusal(
                f'{filepath} ({len(obj) / 2**20:,.1f} MiB) cannot be written '
                f'({error.strerror}); the older checkpoints are complete: solve '
                'this, then continue with --resume'
            ) from error


def is_whole(path: str | Path) -> bool:
    """Whether a file is a checkpoint that is not truncated.

    ``torch.save`` writes a zip archive, whose directory comes last.
    """
    return zipfile.is_zipfile(path)
