"""Compiling a network region by region."""

import torch
import torch.nn as nn

from .decode_heads import LinearSegformerHead
from .layers import (
    Block,
    ConvPatchEmbed,
    CrossResolutionFusion,
    EfficientPatchEmbed,
    Stem,
)

# Blocks of one branch share their code, so that it is compiled once, not 54 times.
REGIONS = (Stem, CrossResolutionFusion, EfficientPatchEmbed, ConvPatchEmbed, Block)


def compile_regions(model: nn.Module) -> int:
    """Compiles the repeated parts of HRViT and its head by ``torch.compile``.

    Parameters, their names and checkpoints stay as they are. The compiler runs at the
    first call, once for each branch and image size.

    Args:
        model (nn.Module): A network that holds HRViT. Changed in place.

    Returns:
        int: The number of regions; 0 says that there is nothing of HRViT in it.
    """
    regions = [m for m in model.modules() if isinstance(m, REGIONS)]
    for region in regions:
        region.compile(dynamic=False)
    heads = [m for m in model.modules() if isinstance(m, LinearSegformerHead)]
    for head in heads:
        # mmseg calls the head's forward by name, past what Module.compile changes.
        head.forward = torch.compile(head.forward, dynamic=False)
    return len(regions) + len(heads)
