"""Feed-forward networks on maps."""

import torch.nn as nn
from torch import Tensor

from mmseg_hrvit.models.layers.mixcfn import FFN, MixCFN

from .convs import conv1x1, make_conv


class MapFFN(nn.Sequential):
    """The plain feed-forward network on maps.

    Args:
        ffn (FFN): The layer.
    """

    def __init__(self, ffn: FFN) -> None:
        super().__init__(
            conv1x1(ffn.fc1.weight, ffn.fc1.bias),
            ffn.act,
            conv1x1(ffn.fc2.weight, ffn.fc2.bias),
        )


class HalfMixCFN(nn.Sequential):
    """One half of the hidden channels, and its share of the output.

    Args:
        ffn (MixCFN): The layer, after its ``switch_to_deploy``.
        part (slice): The hidden channels of this half.
        border (int): What is cut off each side of its depth-wise kernel.
    """

    def __init__(self, ffn: MixCFN, part: slice, border: int) -> None:
        inside = slice(border, ffn.dwconv.kernel_size[0] - border)
        kernel = ffn.dwconv.weight[part, :, inside, inside]
        bias = ffn.fc2.bias if part.start == 0 else None  # added once
        super().__init__(
            conv1x1(ffn.fc1.weight[part], ffn.fc1.bias[part]),
            make_conv(kernel, ffn.dwconv.bias[part], groups=len(kernel)),
            ffn.act,
            conv1x1(ffn.fc2.weight[:, part], bias),
        )


class MapMixCFN(nn.Module):
    """MixCFN (Figure 3) on maps, its halves apart: none is split or concatenated.

    Args:
        ffn (MixCFN): The layer, after its ``switch_to_deploy``.
    """

    def __init__(self, ffn: MixCFN) -> None:
        super().__init__()
        hidden = ffn.fc1.out_features
        small, large = slice(0, hidden // 2), slice(hidden // 2, hidden)
        self.small = HalfMixCFN(ffn, small, border=1)  # of zeros around 3x3 kernels
        self.large = HalfMixCFN(ffn, large, border=0)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, H, W)."""
        return self.small(x) + self.large(x)
