"""Recognising layers that something has changed since they were built."""

import torch.nn as nn

# Adapters, sharding and parametrizations have classes of their own, elsewhere.
KNOWN = ('torch.nn.modules.', 'mmcv.', 'mmengine.', 'mmseg.', 'mmseg_hrvit.')


def is_untouched(module: nn.Module) -> bool:
    """Whether all parts of a module do what their classes say.

    Args:
        module (nn.Module): The module, with what is inside.

    Returns:
        bool: False if it has a class or a hook of another package.
    """
    return all(
        type(part).__module__.startswith(KNOWN) and not has_foreign_hooks(part)
        for part in module.modules()
    )


def has_foreign_hooks(module: nn.Module) -> bool:
    """Whether a module has other hooks than those of the form 'memory'."""
    hooks = [
        *module._forward_hooks.values(),
        *module._forward_pre_hooks.values(),
        *module._backward_hooks.values(),
        *module._backward_pre_hooks.values(),
    ]
    owners = (type(getattr(hook, '__self__', None)) for hook in hooks)
    return not all(owner.__module__.startswith(KNOWN) for owner in owners)
