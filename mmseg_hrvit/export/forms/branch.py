"""A branch of HRViT that keeps its channels in the second place throughout.

There linear layers are 1x1 convolutions: engines fuse what follows into them, and
have nothing to turn between them and the depth-wise ones.
"""

from collections.abc import Sequence

import torch.nn as nn
from torch import Tensor

from mmseg_hrvit.models.backbones.hrvit import Branch
from mmseg_hrvit.models.layers import Block, ConvPatchEmbed
from mmseg_hrvit.models.layers.mixcfn import MixCFN

from .attention import MapAttention
from .mixcfn import MapFFN, MapMixCFN
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
        ffn = MapMixCFN if isinstance(block.ffn, MixCFN) else MapFFN
        self.ffn = ffn(block.ffn)

    def forward(self, x: Tensor, masks: Sequence[Tensor | None]) -> Tensor:
        """Maps (B, C, H, W), of these masks of attention, to (B, C, H, W)."""
        residual = self.attn(self.norm1(x), masks)
        if self.des is not None:
            residual = residual + self.des(x)
        x = x + residual
        return x + self.ffn(self.norm2(x))


class MapBranch(nn.Module):
    """Patch embedding, blocks, LayerNorm: (B, in_channels, H, W) to (B, C, H, W).

    Args:
        branch (Branch): The layer.
    """

    def __init__(self, branch: Branch) -> None:
        super().__init__()
        embed = branch.patch_embed
        convs = (
            [embed.conv]
            if isinstance(embed, ConvPatchEmbed)
            else [embed.pointwise, embed.depthwise]
        )
        self.patch_embed = nn.Sequential(*convs, MapNorm(embed.norm))
        self.blocks = nn.ModuleList(map(MapBlock, branch.blocks))
        self.norm = MapNorm(branch.norm)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to (B, C, H, W)."""
        x = self.patch_embed(x)
        masks = self.blocks[0].attn.masks(x)  # all blocks have the same windows
        for block in self.blocks:
            x = block(x, masks)
        return self.norm(x)
