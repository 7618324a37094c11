"""The repeated parts of a network, each compiled by ``torch.compile``.

Blocks of one branch share a graph: it is compiled once, not for each of them.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType

import torch
from mmcv.cnn.bricks import DropPath
from torch import Tensor

from ..decode_heads import LinearSegformerHead
from ..layers import (
    Block,
    ConvPatchEmbed,
    CrossResolutionFusion,
    EfficientPatchEmbed,
    Stem,
)


class UnguardedDropPath(DropPath):
    """Stochastic Depth whose rate is a tensor, so that its value needs no new graph."""

    def begin(self) -> None:
        """Stores the rate as a tensor, on the CPU for any device."""
        self.rate = torch.tensor(self.drop_prob, device='cpu')

    def end(self) -> None:
        """Deletes it."""
        del self.rate

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, ...) to the same."""
        if not self.training:
            return x
        draw = torch.rand(len(x), *[1] * (x.dim() - 1), dtype=x.dtype, device=x.device)
        return x / (1.0 - self.rate) * (draw >= self.rate).to(x.dtype)


class Region:
    """Runs the plain class's ``forward``, compiled."""

    def begin(self) -> None:
        """Notes what modules that share a graph have in common: shapes of weights."""
        self.kind = tuple(tuple(p.shape) for p in self.parameters())

    def end(self) -> None:
        """Deletes it."""
        del self.kind

    def forward(self, *args) -> Tensor | dict[int, Tensor]:
        """Maps what the plain class maps."""
        return compiled(super(Region, type(self)).forward, self.kind)(self, *args)


class CompiledStem(Region, Stem):
    """The stem."""


class CompiledFusion(Region, CrossResolutionFusion):
    """The fusion."""


class CompiledPatchEmbed(Region, EfficientPatchEmbed):
    """The patch embedding."""


class CompiledConvPatchEmbed(Region, ConvPatchEmbed):
    """The patch embedding of Table 5."""


class CompiledBlock(Region, Block):
    """A Transformer block."""


class CompiledHead(Region, LinearSegformerHead):
    """SegFormer's head; mmseg calls its ``forward`` by name."""


REGIONS = {
    Stem: CompiledStem,
    CrossResolutionFusion: CompiledFusion,
    EfficientPatchEmbed: CompiledPatchEmbed,
    ConvPatchEmbed: CompiledConvPatchEmbed,
    Block: CompiledBlock,
    LinearSegformerHead: CompiledHead,
}


@cache
def compiled(forward: FunctionType, kind: tuple) -> Callable:
    """Compiles a function for modules of one kind.

    Torch counts the graphs of a function, and after eight it no longer compiles it. So
    each kind has its own function, compiled once for training and once for inference.

    Args:
        forward (FunctionType): Of the plain class.
        kind (tuple): Of the module.

    Returns:
        Callable: Called as ``forward``, the module first.
    """
    own = FunctionType(
        forward.__code__.replace(), forward.__globals__, closure=forward.__closure__
    )
    return torch.compile(own, dynamic=False)
