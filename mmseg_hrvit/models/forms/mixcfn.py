"""Forms of MixCFN."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..layers import MixCFN
from .depthwise import depthwise5x5
from .linear import convolved_linear


class HalvedMixCFN(MixCFN):
    """MixCFN whose halves run separately, from the rows of fc1 to the columns of fc2.

    So they are never copied out of one map and back into it.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        rows = zip(self.fc1.weight.chunk(2), self.fc1.bias.chunk(2), strict=True)
        small, large = (  # B, r * C / 2, H, W
            convolved_linear(x, *half).permute(0, 3, 1, 2) for half in rows
        )
        small = self.act(self.dwconv3(small).permute(0, 2, 3, 1))
        large = depthwise5x5(large, self.dwconv5.weight, self.dwconv5.bias)
        large = self.act(large.permute(0, 2, 3, 1))
        of_small, of_large = self.fc2.weight.chunk(2, dim=1)  # C, r * C / 2
        x = convolved_linear(small, of_small, None)
        return x + convolved_linear(large, of_large, self.fc2.bias)


class MergedMixCFN(nn.Module):
    """MixCFN with one convolution: a 3x3 kernel is a 5x5 one with a border of zeros.

    Args:
        ffn (MixCFN): The layer.
    """

    def __init__(self, ffn: MixCFN) -> None:
        super().__init__()
        small, large = ffn.dwconv3, ffn.dwconv5
        weight = torch.cat([F.pad(small.weight, (1, 1, 1, 1)), large.weight])
        bias = torch.cat([small.bias, large.bias])
        hidden = len(bias)
        self.fc1, self.act, self.fc2 = ffn.fc1, ffn.act, ffn.fc2
        self.dwconv = nn.Conv2d(hidden, hidden, 5, padding=2, groups=hidden)
        self.dwconv.weight = nn.Parameter(weight.detach())
        self.dwconv.bias = nn.Parameter(bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        x = self.dwconv(self.fc1(x).permute(0, 3, 1, 2))
        return self.fc2(self.act(x.permute(0, 2, 3, 1)))
