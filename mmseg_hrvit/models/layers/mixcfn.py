"""Mixed-scale convolutional feed-forward network, MixCFN (Figure 3)."""

import torch
import torch.nn as nn
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .depthwise import depthwise_conv


class MixCFN(nn.Module):
    """Linear, 3x3 and 5x5 depth-wise convolutions on one half each, GELU, linear.

    Args:
        channels (int): Channels C of a token.
        mlp_ratio (int): Expansion ratio r of the hidden channels.

    Raises:
        InputError: If the hidden channels cannot be halved.
    """

    def __init__(self, channels: int, mlp_ratio: int) -> None:
        super().__init__()
        hidden = channels * mlp_ratio
        if hidden % 2:
            raise InputError(
                f'MixCFN halves {hidden} hidden channels: change channels or '
                'mlp_ratios of the arch'
            )
        half = hidden // 2
        self.fc1 = nn.Linear(channels, hidden)
        self.dwconv3 = depthwise_conv(half, 3)
        self.dwconv5 = depthwise_conv(half, 5)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        small, large = self.fc1(x).permute(0, 3, 1, 2).chunk(2, dim=1)
        x = torch.cat([self.dwconv3(small), self.dwconv5(large)], dim=1)
        return self.fc2(self.act(x.permute(0, 2, 3, 1)))  # from B, H, W, r * C
