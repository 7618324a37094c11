"""Optimizers: no weight decay of norm layers, few groups of parameters, fused steps."""

from collections import Counter

from mmengine.logging import print_log
from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.optim import Optimizer

from mmseg_hrvit.errors import InputError

NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm)
FUSED = ('Adam', 'AdamW')
MOST_LINES = 5  # in the log, about an optimizer


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class NormDecayOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """mmengine's constructor, with ``norm_decay_mult`` for every norm layer.

    In mmengine, a custom key disables all other rules for the parameters that it
    matches: with ``custom_keys=dict(head=dict(lr_mult=10))`` the head's BatchNorm gets
    its weight decay back. Here it does not, unless that key has its own ``decay_mult``.
    The recipe (appendix A.2) needs both rules.

    mmengine gives every parameter its own group, and a step spends more time on the
    groups than on the arithmetic. Here parameters with the same options share a group.

    Adam and AdamW are fused, unless the config has ``fused`` or ``foreach``. Then one
    kernel updates many parameters, and on GPUs ``FiniteCheckHook`` need not wait.

    Args:
        optim_wrapper_cfg (dict): The optimizer wrapper and its ``optimizer``.
        paramwise_cfg (dict, optional): As in mmengine. Defaults to None.
    """

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Builds the optimizer and its wrapper.

        Args:
            model (nn.Module): The network, on its device.

        Returns:
            OptimWrapper: The wrapper.
        """
        is_free = self.optimizer_cfg.keys().isdisjoint(('fused', 'foreach'))
        if is_free and self.optimizer_cfg['type'] in FUSED:
            self.optimizer_cfg['fused'] = True
        wrapper = super().__call__(model)
        print_log(describe(wrapper.optimizer), logger='current')
        return wrapper

    def add_params(
        self,
        params: list[dict],
        module: nn.Module,
        prefix: str = '',
        is_dcn_module: bool | None = None,
    ) -> None:
        """Adds the parameters of a module to ``params``.

        mmengine calls it for the network, with no prefix, and it calls itself for the
        modules in it, which add groups of one; at the end they are merged.

        Args:
            params (list[dict]): The groups so far; changed in place.
            module (nn.Module): The module.
            prefix (str): Its name. Defaults to ''.
            is_dcn_module (bool, optional): Whether its parent is a deformable
                convolution. Defaults to None.

        Raises:
            InputError: If a parameter is in two places, and
                ``paramwise_cfg.bypass_duplicate`` is not set.
        """
        first = len(params)
        super().add_params(params, module, prefix, is_dcn_module)
        norm_decay_mult = self.paramwise_cfg.get('norm_decay_mult')
        if isinstance(module, NORMS) and norm_decay_mult is not None:
            for group in params[first:]:
                # A custom key leaves its own options in the group.
                if 'decay_mult' not in group:
                    group['weight_decay'] = self.base_wd * norm_decay_mult
        if not prefix:
            refuse_tied(module, params)
            params[:] = merge(params)


def describe(optimizer: Optimizer) -> str:
    """Lists the learning rates and weight decays, the largest part first."""
    parts = {}
    for group in optimizer.param_groups:
        key = group['lr'], group.get('weight_decay', 0)
        parts[key] = parts.get(key, []) + group['params']
    sizes = {key: sum(p.numel() for p in params) for key, params in parts.items()}
    lines = [
        f'  lr {lr:g}, weight decay {decay:g}: {len(parts[lr, decay])} tensors, '
        f'{sizes[lr, decay]:,} parameters'
        for lr, decay in sorted(parts, key=sizes.get, reverse=True)
    ]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES - 1 :] = [f'  and {len(lines) - MOST_LINES + 1} more']
    return '\n'.join([f'{type(optimizer).__name__}:', *lines])


def refuse_tied(model: nn.Module, groups: list[dict]) -> None:
    """Refuses a parameter that would be stepped twice.

    torch notices a parameter in two groups, but not twice in the same group.

    Args:
        model (nn.Module): The network.
        groups (list[dict]): Its groups of parameters.

    Raises:
        InputError: If there is one.
    """
    times = Counter(id(param) for group in groups for param in group['params'])
    named = model.named_parameters(remove_duplicate=False)
    tied = [name for name, param in named if times[id(param)] > 1]
    if tied:
        raise InputError(
            'some parameters appear in more than one parameter group, because '
            f'they are in several places of the network ({" and ".join(tied[:3])}): '
            'set optim_wrapper.paramwise_cfg.bypass_duplicate=True to step them once, '
            'with the options of the first place'
        )


def merge(groups: list[dict]) -> list[dict]:
    """Merges groups of parameters that have the same options.

    Args:
        groups (list[dict]): The groups, as torch's optimizers take them.

    Returns:
        list[dict]: One for each set of options, in the order of the first ones.
    """
    merged = {}
    for group in groups:
        options = {key: value for key, value in group.items() if key != 'params'}
        key = repr(sorted(options.items()))
        merged.setdefault(key, dict(options, params=[]))['params'] += group['params']
    return list(merged.values())
