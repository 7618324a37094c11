"""A converted checkpoint, and the file that holds it."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from mmseg_hrvit.files import cannot_write, write_durably


@dataclass
class Converted:
    """A converted checkpoint.

    Args:
        arch (str): 'b1', 'b2' or 'b3'; CSWin's 'ti', 't' or 's'.
        state_dict (dict): Names here -> tensors.
        unplaced (list[str]): Entries of the source that could not be converted.
        network (str): 'HRViT' or 'CSWin'. Defaults to 'HRViT'.
    """

    arch: str
    state_dict: dict[str, Tensor]
    unplaced: list[str]
    network: str = 'HRViT'

    @property
    def meta(self) -> dict[str, str]:
        """What the file notes about the network."""
        if self.network != 'HRViT':
            return dict(arch=self.arch)
        # The authors train with GELU in the DES; the paper and HRViT have Hardswish.
        return dict(arch=self.arch, des_act='GELU')


def write(converted: Converted, path: Path) -> None:
    """Writes a converted checkpoint; an older file stays until it is complete.

    Args:
        converted (Converted): The checkpoint.
        path (Path): A ``.safetensors`` file, or one of ``torch.save``.

    Raises:
        InputError: If it cannot be written.
    """
    state_dict, meta = converted.state_dict, converted.meta
    if path.suffix == '.safetensors':
        content = save(state_dict, meta)
    else:
        file = BytesIO()
        torch.save(dict(state_dict=state_dict, meta=meta), file)
        content = file.getvalue()
    try:
        write_durably(content, path)
    except OSError as error:
        raise cannot_write(path, error) from error
