"""Mixed-scale convolutional feed-forward network, MixCFN (Figure 3)."""

import torch
import torch.nn as nn
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .layout import channels_first, channels_last


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
            raise InputError(f'MixCFN needs even hidden channels, got {hidden}')
        half = hidden // 2
        self.fc1 = nn.Linear(channels, hidden)
        self.dwconv3 = nn.Conv2d(half, half, 3, padding=1, groups=half)
        self.dwconv5 = nn.Conv2d(half, half, 5, padding=2, groups=half)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        x = channels_first(self.fc1(x))  # B, hidden, H, W
        small, large = x.chunk(2, dim=1)  # B, hidden / 2, H, W
        x = torch.cat([self.dwconv3(small), self.dwconv5(large)], dim=1)
        return self.fc2(self.act(channels_last(x)))


class FFN(nn.Module):
    """Linear, GELU, linear: the row of Table 5 without MixCFN.

    Args:
        channels (int): Channels C of a token.
        mlp_ratio (int): Expansion ratio of the hidden channels.
    """

    def __init__(self, channels: int, mlp_ratio: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels * mlp_ratio)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(channels * mlp_ratio, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (..., C) to (..., C)."""
        return self.fc2(self.act(self.fc1(x)))
