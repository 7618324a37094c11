"""A branch of HRViT with the channels always in the second dimension.

There, linear layers are 1x1 convolutions. Engines fuse what follows into them, and need
no transposes between them and the depth-wise convolutions.
"""

import copy
from collections.abc import Sequence

import torch.nn as nn
from torch import Tensor

from ...layers import Block, Branch, ConvPatchEmbed
from .attention import MapAttention
from .convs import centre_output
from .mixcfn import split_ffn
from .norm import CentredNorm, MapNorm, centre
from .shortcut import MapShortcut


class MapBlock(nn.Module):
    """The Transformer block, without Stochastic Depth.

    Terms are added one by one, so engines can add each in the convolution that ends it.

    Args:
        block (Block): The layer.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.norm1 = CentredNorm(block.norm1)
        self.attn = MapAttention(block.attn)
        self.des = MapShortcut(block.des) if block.des is not None else None
        self.norm2 = MapNorm(block.norm2)
        self.ffn = split_ffn(block.ffn)

    def forward(self, x: Tensor, masks: Sequence[Tensor | None]) -> Tensor:
        """Maps (B, C, H, W), of these masks of attention, to (B, C, H, W)."""
        x = sum(self.residuals(x, centre(x), masks), x)
        return self.add_ffn(x)

    def residuals(
        self, x: Tensor, centred: Tensor, masks: Sequence[Tensor | None]
    ) -> list[Tensor]:
        """The terms of attention and shortcut, of a map and of its ``centre``."""
        terms = self.attn(self.norm1(centred), masks)
        return terms if self.des is None else [*terms, self.des(x)]

    def add_ffn(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, H, W)."""
        y = self.norm2(x)
        return sum((term(y) for term in self.ffn), x)


class LastMapBlock(MapBlock):
    """The last block of a branch: the mean over channels of its output is zero.

    The next LayerNorm subtracts that mean anyway. So all terms of the output are
    computed without a mean, and two LayerNorms have no mean to subtract.

    Args:
        block (Block): The layer.
    """

    def __init__(self, block: Block) -> None:
        block = copy.deepcopy(block)
        centre_output(block.attn.proj)
        centre_output(block.ffn.fc2)
        super().__init__(block)
        if self.des is not None:
            centre_output(self.des.left)
        self.norm2 = CentredNorm(block.norm2)

    def forward(self, x: Tensor, masks: Sequence[Tensor | None]) -> Tensor:
        """Maps (B, C, H, W), of these masks of attention, to (B, C, H, W)."""
        centred = centre(x)
        x = sum(self.residuals(x, centred, masks), centred)
        return self.add_ffn(x)


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
        *blocks, last = branch.blocks
        self.blocks = nn.ModuleList([*map(MapBlock, blocks), LastMapBlock(last)])
        self.norm = CentredNorm(branch.norm)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to (B, C, H, W)."""
        x = self.patch_embed(x)
        masks = self.blocks[0].attn.masks(x)  # all blocks have the same windows
        for block in self.blocks:
            x = block(x, masks)
        return self.norm(x)
