"""The plain feed-forward network, which MixCFN replaces (Table 5)."""

import torch.nn as nn
from torch import Tensor


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
