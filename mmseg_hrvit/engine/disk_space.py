"""The disk space that the checkpoints of a run need."""

import shutil
from pathlib import Path

from torch import Tensor, nn

from mmseg_hrvit.errors import InputError

GIB = 2**30
ADAM_STATES = 2  # an optimizer keeps at most so many tensors for each parameter


def weights_bytes(model: nn.Module) -> int:
    """Returns the size of a checkpoint with only the weights of a network, in bytes."""
    return sum(map(num_bytes, model.state_dict().values()))


def checkpoint_bytes(model: nn.Module) -> int:
    """Returns the size of a checkpoint to resume from, with Adam's states, in bytes."""
    trained = sum(num_bytes(p) for p in model.parameters() if p.requires_grad)
    return weights_bytes(model) + ADAM_STATES * trained


def num_bytes(tensor: Tensor) -> int:
    """Returns the size of a tensor's elements in bytes."""
    return tensor.numel() * tensor.element_size()


def free_bytes(folder: str | Path) -> int:
    """Returns the free bytes on the disk of a folder, which need not exist."""
    return shutil.disk_usage(nearest_folder(folder)).free


def nearest_folder(folder: str | Path) -> Path:
    """Returns the folder, or its nearest parent that exists."""
    folder = Path(folder).absolute()
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def check_space(folder: str | Path, needed: int) -> None:
    """Refuses a folder on a disk that is too full.

    Args:
        folder (str | Path): Folder of the checkpoints. It need not exist.
        needed (int): What the run will write there and keep, in bytes.

    Raises:
        InputError: If less space is free.
    """
    folder = Path(folder).absolute()
    free = free_bytes(folder)
    if free < needed:
        raise InputError(
            f'{folder} has {free / GIB:.2f} GiB free, and the checkpoints of this run '
            f'need about {needed / GIB:.2f} GiB: make room, keep fewer with '
            'default_hooks.checkpoint.max_keep_ckpts, or give another --work-dir'
        )
