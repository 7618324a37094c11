"""A branch of HRViT that keeps its channels in the second place throughout.

There linear layers are 1x1 convolutions: engines fuse what follows into them, and
have nothing to turn between them and the depth-wise ones.
"""

import torch.nn as nn
from torch import Tensor

from mmseg_hrvit.models.backbones.hrvit import Branch
from mmseg_hrvit.models.layers import Block, ConvPatchEmbed

from .attention import MapAttention
from .mixcfn import MapFFN
from .norm import MapNorm
from .shortcut import MapShortcut


class MapBlock(nn.Module):
    """The Transformer block, without Stochastic Depth.

    Args:
        block (Block): The layer.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.norm1 = MapNorm(block.norm1)
        self.attn = MapAttention(block.attn)
        self.des = MapShortcut(block.des) if block.des is not None else None
        self.norm2 = MapNorm(block.norm2)
        self.ffn = MapFFN(block.ffn)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, H, W)."""
        residual = self.attn(self.norm1(x))
        if self.des is not None:
            residual = residual + self.des(x)
        x = x + residual
        return x + self.ffn(self.norm2(x))


class MapBranch(nn.Sequential):
    """Patch embedding, blocks, LayerNorm: (B, in_channels, H, W) to (B, C, H, W).

    Args:
        branch (Branch): The layer.
    """

    def __init__(self, branch: Branch) -> None:
        embed = branch.patch_embed
        convs = (
            [embed.conv]
            if isinstance(embed, ConvPatchEmbed)
            else [embed.pointwise, embed.depthwise]
        )
        super().__init__(
            *convs,
            MapNorm(embed.norm),
            *map(MapBlock, branch.blocks),
            MapNorm(branch.norm),
        )
