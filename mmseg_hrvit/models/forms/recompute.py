"""Recomputing blocks in the backward pass: ``with_cp``."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from ..layers import Branch

# torch 2.6 does not say it.
is_exporting = getattr(torch.compiler, 'is_exporting', lambda: False)


class RecomputedBranch(Branch):
    """A branch that stores only the inputs of its blocks for the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to (B, C, H, W)."""
        x = self.patch_embed(x)  # B, H, W, C
        for block in self.blocks:
            x = recomputed(block, x)
        return self.norm(x).permute(0, 3, 1, 2)


def recomputed(module: nn.Module, x: Tensor) -> Tensor:
    """Runs ``module(x)`` now, and again in the backward pass with the same result.

    Args:
        module (nn.Module): The part to recompute.
        x (Tensor): Its input.

    Returns:
        Tensor: ``module(x)``, for which only the input is stored.
    """
    if is_exporting():  # the file has no backward pass
        return module(x)
    # The re-entrant kind gives no gradients where x needs none (a frozen stem).
    if torch.compiler.is_compiling():  # a compiled graph updates statistics once
        return checkpoint(module, x, use_reentrant=False)

    def contexts() -> tuple[AbstractContextManager, AbstractContextManager]:
        return nullcontext(), statistics_kept(module)

    return checkpoint(module, x, use_reentrant=False, context_fn=contexts)


@contextmanager
def statistics_kept(module: nn.Module) -> Iterator[None]:
    """Makes a second forward pass update copies of BatchNorm's running statistics."""
    norms = [norm for norm in module.modules() if isinstance(norm, _BatchNorm)]
    originals = [dict(norm.named_buffers(recurse=False)) for norm in norms]

    def set_buffers(copied: bool) -> None:
        for norm, buffers in zip(norms, originals, strict=True):
            for name, buffer in buffers.items():
                setattr(norm, name, buffer.clone() if copied else buffer)

    set_buffers(copied=True)
    try:
        yield
    finally:
        set_buffers(copied=False)
