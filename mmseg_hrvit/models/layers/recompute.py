"""Recomputing activations in the backward pass, to save memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import torch
import torch.nn as nn
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

T = TypeVar('T')

is_recomputed = ContextVar('is_recomputed', default=False)


@contextmanager
def recomputed_pass() -> Iterator[None]:
    """Within it everything is recomputed already: ``light_memory`` does nothing."""
    token = is_recomputed.set(True)
    try:
        yield
    finally:
        is_recomputed.reset(token)


@contextmanager
def second_pass(module: nn.Module) -> Iterator[None]:
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
        with recomputed_pass():
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
        context_fn=lambda: (recomputed_pass(), second_pass(module)),
    )


def light_memory(
    function: Callable[[Tensor], Tensor], layer: Callable[[Tensor], T], x: Tensor
) -> T:
    """Runs ``layer(function(x))`` and keeps for backward only what ``function`` does.

    The value in between, which ``layer`` would keep, is made again from ``x``. Of
    ``torch.utils.checkpoint`` a call takes half a millisecond, and a network has
    hundreds of them.

    Args:
        function (Callable[[Tensor], Tensor]): Something cheap, say an activation,
            without randomness or state.
        layer (Callable[[Tensor], T]): The layer behind it, or several.
        x (Tensor): The input.

    Returns:
        T: ``layer(function(x))``.
    """
    # A compiled region recomputes what is cheap by itself.
    if (
        torch.compiler.is_compiling()
        or not torch.is_grad_enabled()
        or is_recomputed.get()
    ):
        return layer(function(x))
    make = with_precision_of_now(function, x.device.type)
    value = make(x)
    address = value.data_ptr()
    if address == x.data_ptr():  # made in place: there is no x to make it from
        return layer(value)

    def pack(saved: Tensor) -> Tensor | tuple:
        if saved.data_ptr() == address:
            return saved.shape, saved.stride()
        return saved

    def unpack(packed: Tensor | tuple) -> Tensor:
        if isinstance(packed, Tensor):
            return packed
        with torch.no_grad():
            return make(x).as_strided(*packed)

    with saved_tensors_hooks(pack, unpack):
        return layer(value)


def with_precision_of_now(
    function: Callable[[Tensor], Tensor], device_type: str
) -> Callable[[Tensor], Tensor]:
    """Makes a function that runs later in the autocast mode of now, if there is one.

    Args:
        function (Callable[[Tensor], Tensor]): The function. In autocast its result is
            of the lower precision, as the layer behind it would make it.
        device_type (str): Where it runs.

    Returns:
        Callable[[Tensor], Tensor]: The function.
    """
    if not torch.is_autocast_enabled(device_type):
        return function
    dtype = torch.get_autocast_dtype(device_type)

    def cast(x: Tensor) -> Tensor:
        with torch.autocast(device_type, dtype):
            value = function(x)
        return value.to(dtype) if value.dtype == torch.float32 else value

    return cast
