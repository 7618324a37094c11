"""Recomputing cheap inputs of layers in the backward pass instead of storing them.

A linear layer stores its input for its gradient. If that is a norm or an activation of
a tensor that is stored anyway, it can be recomputed from this tensor. Hooks do so; the
layers do not change.
"""

from dataclasses import dataclass

import torch
import torch.nn as nn
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from ..layers import Block
from .untouched import is_untouched


def keep_less(block: Block) -> None:
    """Adds the hooks to a block, unless it has them.

    Args:
        block (Block): The block, with plain layers or those of other forms.
    """
    if hasattr(block, 'memory_hooks'):
        return
    attn, ffn, des = block.attn, block.ffn, block.des
    block.memory_hooks = [
        *Scope().place(attn, [block.norm1, attn.conv_act, attn.act]),
        *Scope().place(ffn, [block.norm2, ffn.act]),
        *(Scope().place(des, [des.act]) if des is not None else []),
    ]


def keep_all(block: Block) -> None:
    """Removes the hooks again, if there are any."""
    for hook in getattr(block, 'memory_hooks', ()):
        hook.remove()
    vars(block).pop('memory_hooks', None)


@dataclass
class Made:
    """A tensor and the input that it was computed from.

    Args:
        module (nn.Module): The module that computed it.
        input (Tensor): The input of the module.
        version (int): Version of the input at that time.
        output (Tensor, optional): The tensor, as long as the span lasts, so that no
            other tensor gets its address.
        output_version (int): Version of the tensor; a later one cannot be recomputed.
        autocast (torch.dtype, optional): Type of autocast at that time, if there was
            one.
    """

    module: nn.Module
    input: Tensor
    version: int
    output: Tensor | None
    output_version: int
    autocast: torch.dtype | None

    def again(self) -> Tensor:
        """Computes the tensor again.

        Raises:
            RuntimeError: If its input has been changed in place.
        """
        if self.input._version != self.version:
            raise RuntimeError(
                'a tensor needed for the gradient was modified by an inplace '
                f'operation: the input of {type(self.module).__name__}, of shape '
                f'{tuple(self.input.shape)}'
            )
        device, enabled = self.input.device.type, self.autocast is not None
        with torch.no_grad(), torch.autocast(device, self.autocast, enabled=enabled):
            output = self.module.forward(self.input)
        return output.to(self.autocast) if enabled else output


class Scope:
    """The span of one call of a module, in which some tensors are not stored."""

    def __init__(self) -> None:
        self.made: dict[int, Made] = {}
        self.hooks: list[saved_tensors_hooks] = []

    def place(
        self, module: nn.Module, makers: list[nn.Module]
    ) -> list[torch.utils.hooks.RemovableHandle]:
        """Adds hooks to a module, and to what computes tensors before or within it."""
        return [
            module.register_forward_pre_hook(self.enter),
            module.register_forward_hook(self.leave, always_call=True),
            *(
                maker.register_forward_hook(self.remember)
                for maker in makers
                if is_untouched(maker) and not isinstance(maker, nn.Identity)
            ),
        ]

    def remember(
        self, module: nn.Module, args: tuple[Tensor], output: Tensor
    ) -> Tensor | None:
        """Notes what was computed from what; under autocast, in the type for layers."""
        if not is_recorded():
            return None
        device = output.device.type
        autocast = None
        if torch.is_autocast_enabled(device):
            autocast = torch.get_autocast_dtype(device)
            output = output.to(autocast)
        if output.data_ptr() != args[0].data_ptr():  # else it was made in place
            self.made[output.data_ptr()] = Made(
                module, args[0], args[0]._version, output, output._version, autocast
            )
        return output

    def enter(self, module: nn.Module, args: tuple[Tensor]) -> None:
        """Begins the span."""
        if is_recorded():
            self.hooks.append(saved_tensors_hooks(self.pack, unpack))
            self.hooks[-1].__enter__()

    def leave(self, module: nn.Module, args: tuple[Tensor], output: Tensor) -> None:
        """Ends the span, also where the module raised an error."""
        if self.hooks:
            self.hooks.pop().__exit__()
        for made in self.made.values():
            made.output = None
        self.made.clear()

    def pack(self, saved: Tensor) -> Tensor | tuple:
        """Returns what is stored instead of a tensor."""
        made = self.made.get(saved.data_ptr())
        if made is None or saved._version != made.output_version:
            return saved
        return made, saved.shape, saved.stride()


def unpack(packed: Tensor | tuple) -> Tensor:
    """Returns the tensor for what was stored."""
    if isinstance(packed, Tensor):
        return packed
    made, shape, stride = packed
    return made.again().as_strided(shape, stride)


def is_recorded() -> bool:
    """Whether autograd records, and hooks can see what."""
    return torch.is_grad_enabled() and not torch.compiler.is_compiling()
