"""Loading a trained network."""

from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmengine.runner import CheckpointLoader
from torch import nn

from mmseg_hrvit.checkpoints.matching import (
    differences,
    refuse,
    refuse_other_order,
    seen_by_mmengine,
)
from mmseg_hrvit.errors import InputError


def load_model(
    config: Config,
    checkpoint: str | Path,
    device: str | torch.device | None = None,
    classes: Sequence[str] | None = None,
) -> nn.Module:
    """Builds a config's model for evaluation, with all weights from a checkpoint.

    Args:
        config (Config): The config.
        checkpoint (str or Path): The checkpoint.
        device (str | torch.device, optional): Where the model goes. Defaults to None:
            to 'cuda' if there is one, else to the CPU.
        classes (Sequence[str], optional): Names of the config's classes. Defaults to
            None: the checkpoint may have any.

    Returns:
        nn.Module: The model.

    Raises:
        InputError: If the checkpoint cannot be read, does not fit the config, or has
            the classes in another order; or if the device is not available.
    """
    place = find_device(device)
    model = MODELS.build(config.model)
    loaded = CheckpointLoader.load_checkpoint(str(checkpoint), 'cpu', 'silent')
    expected, found = model.state_dict(), seen_by_mmengine(loaded)
    refuse(str(checkpoint), differences(expected, found), expected, found)
    refuse_other_order(str(checkpoint), loaded, classes)
    model.load_state_dict(found, strict=False)  # spare entries do no harm
    return model.to(place).eval()


def find_device(device: str | torch.device | None) -> torch.device:
    """Returns the device, or the default one, if it is available."""
    if device is None:
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        place = torch.device(device)
        torch.empty(1, device=place)
    except (RuntimeError, AssertionError) as error:
        line = str(error).partition('\n')[0]
        raise InputError(f'device={device}: cannot be used here ({line})') from error
    return place
