"""One resolution of a module: patch embedding, blocks, LayerNorm (Figure 1)."""

from collections.abc import Sequence

import torch.nn as nn
from mmengine.model import BaseModule, Sequential
from torch import Tensor


class Branch(BaseModule):
    """Embeds a map as tokens, runs the blocks, and ends with a LayerNorm.

    Args:
        patch_embed (nn.Module): Maps (B, in_channels, H, W) to tokens (B, H, W, C).
        blocks (Sequence[nn.Module]): Each maps (B, H, W, C) to the same.
        channels (int): Channels C of a token.
    """

    def __init__(
        self, patch_embed: nn.Module, blocks: Sequence[nn.Module], channels: int
    ) -> None:
        super().__init__()
        self.patch_embed = patch_embed
        self.blocks = Sequential(*blocks)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to (B, C, H, W)."""
        x = self.blocks(self.patch_embed(x))  # B, H, W, C
        return self.norm(x).permute(0, 3, 1, 2)
