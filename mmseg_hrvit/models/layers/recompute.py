"""Recomputing activations in the backward pass, to save memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


@contextmanager
def frozen_running_stats(module: nn.Module) -> Iterator[None]:
    """Keeps a second forward pass from updating BatchNorm's running statistics.

    The pass updates copies, which are then dropped.

    Args:
        module (nn.Module): Its BatchNorm layers are meant.
    """
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm)]
    originals = [dict(norm.named_buffers(recurse=False)) for norm in norms]
    try:
        for norm, buffers in zip(norms, originals, strict=True):
            for name, buffer in buffers.items():
                setattr(norm, name, buffer.clone())
        yield
    finally:
        for norm, buffers in zip(norms, originals, strict=True):
            for name, buffer in buffers.items():
                setattr(norm, name, buffer)


def recomputed(module: nn.Module, x: Tensor) -> Tensor:
    """Runs ``module(x)`` and again in the backward pass, with the same result.

    Args:
        module (nn.Module): The part to recompute.
        x (Tensor): Its input.

    Returns:
        Tensor: ``module(x)``, of which nothing but the input is kept.
    """
    # The re-entrant form gives no gradients where x needs none (a frozen stem).
    return checkpoint(
        module,
        x,
        use_reentrant=False,
        context_fn=lambda: (nullcontext(), frozen_running_stats(module)),
    )


def light_memory(
    function: Callable[[Tensor], Tensor], x: Tensor, is_random: bool = False
) -> Tensor:
    """Runs something cheap and the layer behind it, and keeps only ``x`` for backward.

    Torch stops recomputing at the last value that it needs: what is cheap, say an
    activation, runs a second time, the layer behind it does not.

    Args:
        function (Callable[[Tensor], Tensor]): What to run; without BatchNorm.
        x (Tensor): Its input.
        is_random (bool): Whether it drops values at random. Defaults to False.

    Returns:
        Tensor: ``function(x)``.
    """
    # A compiled region recomputes what is cheap by itself.
    if torch.compiler.is_compiling() or not torch.is_grad_enabled():
        return function(x)
    return checkpoint(function, x, use_reentrant=False, preserve_rng_state=is_random)
