"""The Transformer block of CSWin (https://arxiv.org/abs/2107.00652)."""

import torch.nn as nn
from mmcv.cnn.bricks import DropPath
from torch import Tensor

from .cswin_attention import CSWinAttention
from .ffn import FFN


class CSWinBlock(nn.Module):
    """x + DropPath(Attn(LN(x))), then x + DropPath(FFN(LN(x))).

    Args:
        channels (int): Channels C of a token.
        num_heads (int): Number of heads.
        window_size (int, optional): Window size s; None: the whole map.
        mlp_ratio (int): Expansion ratio of the feed-forward network.
        drop_path_rate (float): Rate at which a sample skips a residual.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        window_size: int | None,
        mlp_ratio: int,
        drop_path_rate: float,
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn = CSWinAttention(channels, num_heads, window_size)
        self.norm2 = nn.LayerNorm(channels)
        self.ffn = FFN(channels, mlp_ratio)
        self.drop_path = DropPath(drop_path_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.ffn(self.norm2(x)))
