"""Telling layers that are as they were built from those that something changed."""

import torch.nn as nn

# Adapters, sharding and parametrizations have classes of their own, elsewhere.
KNOWN = ('torch.nn.modules.', 'mmcv.', 'mmengine.', 'mmseg.', 'mmseg_hrvit.')


def is_untouched(module: nn.Module) -> bool:
    """Whether all in a module does what its class says.

    Args:
        module (nn.Module): The module, with what is inside.

    Returns:
        bool: False if it holds a class of another package, or a hook of another.
    """
    return all(
        type(part).__module__.startswith(KNOWN) and not has_foreign_hooks(part)
        for part in module.modules()
    )


def has_foreign_hooks(module: nn.Module) -> bool:
    """Whether a module has hooks but those of the form for memory."""
    hooks = [
        *module._forward_hooks.values(),
        *module._forward_pre_hooks.values(),
        *module._backward_hooks.values(),
        *module._backward_pre_hooks.values(),
    ]
    owners = (type(getattr(hook, '__self__', None)) for hook in hooks)
    return not all(owner.__module__.startswith(KNOWN) for owner in owners)
