"""Mixed-scale convolutional feed-forward network, MixCFN (Figure 3)."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .depthwise import DepthwiseConv5x5, convolve
from .layout import channels_first, channels_last
from .linear import Linear, linear
from .recompute import light_memory


class MixCFN(nn.Module):
    """Linear, 3x3 and 5x5 depth-wise convolutions on one half each, GELU, linear.

    Without gradients both convolutions run as one, since a 3x3 kernel is a 5x5 one
    with a border of zeros. With gradients all of a half runs apart, from the rows of
    the first layer to the columns of the last: the halves are never copied out of one
    map and back.

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
        self.fc1 = Linear(channels, hidden)
        self.dwconv3 = nn.Conv2d(half, half, 3, padding=1, groups=half)
        self.dwconv5 = DepthwiseConv5x5(half)
        self.act = nn.GELU()
        self.fc2 = Linear(hidden, channels)

    def forward(self, x: Tensor, norm: nn.Module) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C), after ``norm``."""
        if torch.is_grad_enabled() and not hasattr(self, 'dwconv'):
            return self._forward_halves(x, norm)
        x = channels_first(self.fc1(norm(x)))  # B, hidden, H, W
        return self.fc2(self.act(channels_last(self._convolve(x))))

    def switch_to_deploy(self) -> None:
        """Replaces both convolutions by the one that they make."""
        weight, bias = self._kernels()
        hidden = len(bias)
        self.dwconv = nn.Conv2d(hidden, hidden, 5, padding=2, groups=hidden).to(weight)
        self.dwconv.weight.data, self.dwconv.bias.data = weight.data, bias.data
        del self.dwconv3, self.dwconv5

    def _forward_halves(self, x: Tensor, norm: nn.Module) -> Tensor:
        rows = zip(self.fc1.weight.chunk(2), self.fc1.bias.chunk(2), strict=True)
        halves = light_memory(norm, lambda y: [linear(y, *half) for half in rows], x)
        small, large = self.fc2.weight.chunk(2, dim=1)  # C, hidden / 2
        x = self._finish_half(self.dwconv3, halves[0], small, None)
        return x + self._finish_half(self.dwconv5, halves[1], large, self.fc2.bias)

    def _finish_half(
        self, conv: nn.Conv2d, x: Tensor, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        x = channels_last(conv(channels_first(x)))  # B, H, W, hidden / 2
        return light_memory(self.act, lambda y: linear(y, weight, bias), x)

    def _convolve(self, x: Tensor) -> Tensor:
        if hasattr(self, 'dwconv'):
            return self.dwconv(x)
        return convolve(x, *self._kernels())

    def _kernels(self) -> tuple[Tensor, Tensor]:
        small, large = self.dwconv3, self.dwconv5
        weight = torch.cat([F.pad(small.weight, (1, 1, 1, 1)), large.weight])
        return weight, torch.cat([small.bias, large.bias])  # hidden, 1, 5, 5; hidden


class FFN(nn.Module):
    """Linear, GELU, linear: the row of Table 5 without MixCFN.

    Args:
        channels (int): Channels C of a token.
        mlp_ratio (int): Expansion ratio of the hidden channels.
    """

    def __init__(self, channels: int, mlp_ratio: int) -> None:
        super().__init__()
        self.fc1 = Linear(channels, channels * mlp_ratio)
        self.act = nn.GELU()
        self.fc2 = Linear(channels * mlp_ratio, channels)

    def forward(self, x: Tensor, norm: nn.Module) -> Tensor:
        """Maps tokens (..., C) to (..., C), after ``norm``."""
        return self.fc2(self.act(self.fc1(norm(x))))
