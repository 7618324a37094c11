"""The Transformer block: HRViTAttn with DES, then MixCFN (Figures 1 to 3)."""

import torch.nn as nn
from mmcv.cnn.bricks import DropPath
from torch import Tensor

from .attention import CrossShapedAttention
from .mixcfn import FFN, MixCFN
from .options import BranchSpec, Options
from .shortcut import DiversityEnhancedShortcut


class Block(nn.Module):
    """x + DropPath(Attn(LN(x)) + DES(x)), then x + DropPath(MixCFN(LN(x))).

    Args:
        spec (BranchSpec): Sizes of the branch.
        options (Options): Design choices.
        drop_path_rate (float): Rate at which a sample skips a residual.
    """

    def __init__(
        self, spec: BranchSpec, options: Options, drop_path_rate: float
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(spec.channels)
        self.attn = CrossShapedAttention(spec, options)
        self.des = (
            DiversityEnhancedShortcut(spec.channels, options.des_act_cfg)
            if options.des
            else None
        )
        self.norm2 = nn.LayerNorm(spec.channels)
        ffn = MixCFN if options.mixcfn else FFN
        self.ffn = ffn(spec.channels, spec.mlp_ratio)
        self.drop_path = DropPath(drop_path_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        # The layers apply the norms, so as to recompute them in the backward pass.
        residual = self.attn(x, self.norm1)
        if self.des is not None:
            residual = residual + self.des(x)
        x = x + self.drop_path(residual)
        return x + self.drop_path(self.ffn(x, self.norm2))
