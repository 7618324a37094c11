"""A backbone whose kernels are started all at once, as a CUDA graph."""

from collections.abc import Sequence

import torch
import torch.nn as nn
from torch import Tensor

from mmseg_hrvit.errors import InputError


class GraphedBackbone(nn.Module):
    """Records a CUDA graph for each size of images, and replays it.

    Args:
        backbone (nn.Module): Maps images to a sequence of maps, without gradients.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        backbone.compile(mode='reduce-overhead', dynamic=False)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Maps images (B, C, H, W) to the backbone's maps."""
        torch.compiler.cudagraph_mark_step_begin()
        maps: Sequence[Tensor] = self.backbone(x)
        return tuple(y.clone() for y in maps)  # the next replay overwrites the graph's


def use_cuda_graphs(segmentor: nn.Module) -> nn.Module:
    """Replays the backbone of a segmentor as a CUDA graph.

    The first image of each size is compiled, which can take minutes. After eight sizes,
    torch runs the others without graphs.

    Args:
        segmentor (nn.Module): In evaluation mode, on a GPU. Changed in place.

    Returns:
        nn.Module: The segmentor.

    Raises:
        InputError: If it is not on one of NVIDIA's GPUs.
    """
    device = next(segmentor.parameters()).device
    if device.type != 'cuda' or torch.version.cuda is None:
        raise InputError(
            f"the network is on {device}: CUDA graphs need one of NVIDIA's GPUs"
        )
    segmentor.backbone = GraphedBackbone(segmentor.backbone)
    return segmentor
