"""The Transformer block: HRViTAttn with DES, then MixCFN (Figures 1 to 3)."""

import torch.nn as nn
from mmcv.cnn.bricks import DropPath
from mmengine.model import BaseModule
from torch import Tensor


class Block(BaseModule):
    """x + DropPath(Attn(LN(x)) + DES(x)), then x + DropPath(MixCFN(LN(x))).

    Args:
        channels (int): Channels C of a token.
        attn (nn.Module): The attention.
        des (nn.Module, optional): The diversity-enhanced shortcut; None: no shortcut.
        ffn (nn.Module): The feed-forward network.
        drop_path_rate (float): Rate at which a sample skips a residual. Defaults to
            0.0.
    """

    def __init__(
        self,
        channels: int,
        attn: nn.Module,
        des: nn.Module | None,
        ffn: nn.Module,
        drop_path_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn = attn
        self.des = des
        self.norm2 = nn.LayerNorm(channels)
        self.ffn = ffn
        self.drop_path = DropPath(drop_path_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        residual = self.attn(self.norm1(x))
        if self.des is not None:
            residual = residual + self.des(x)
        x = x + self.drop_path(residual)
        return x + self.drop_path(self.ffn(self.norm2(x)))
