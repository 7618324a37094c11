"""Loading a trained network."""

from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmengine.runner import CheckpointLoader
from torch import nn

from mmseg_hrvit.checkpoints.matching import (
    differences,
    refuse,
    seen_by_mmengine,
)


def load_model(config: Config, checkpoint: str | Path) -> nn.Module:
    """Builds a config's model for evaluation, with all weights from a checkpoint.

    Args:
        config (Config): The config.
        checkpoint (str or Path): The checkpoint.

    Returns:
        nn.Module: The model, on a GPU if there is one.

    Raises:
        InputError: If the checkpoint cannot be read, or does not fit the config.
    """
    model = MODELS.build(config.model)
    loaded = CheckpointLoader.load_checkpoint(str(checkpoint), 'cpu', logger=None)
    expected, found = model.state_dict(), seen_by_mmengine(loaded)
    refuse(str(checkpoint), differences(expected, found), expected, found)
    model.load_state_dict(found, strict=False)  # spare entries do no harm
    return model.to('cuda' if torch.cuda.is_available() else 'cpu').eval()
