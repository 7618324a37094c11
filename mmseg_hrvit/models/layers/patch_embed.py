"""Efficient patch embedding (section 2.2, Eq. 4)."""

import torch.nn as nn
from torch import Tensor

from .depthwise import depthwise_conv


class EfficientPatchEmbed(nn.Module):
    """LN(DWConv(PWConv(x))): a point-wise, then a 3x3 depth-wise convolution.

    Args:
        in_channels (int): Channels of the input map.
        out_channels (int): Channels of the tokens.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)
        self.depthwise = depthwise_conv(out_channels, 3)
        self.norm = nn.LayerNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to tokens (B, H, W, out_channels)."""
        return self.norm(self.depthwise(self.pointwise(x)).permute(0, 2, 3, 1))


class ConvPatchEmbed(nn.Module):
    """LN(Conv(x)) with a full 3x3 convolution: the row of Table 5 without Eq. 4.

    Args:
        in_channels (int): Channels of the input map.
        out_channels (int): Channels of the tokens.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm = nn.LayerNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to tokens (B, H, W, out_channels)."""
        return self.norm(self.conv(x).permute(0, 2, 3, 1))
