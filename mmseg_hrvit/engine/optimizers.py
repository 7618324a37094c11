"""Weight decay that stays off the norm layers, and fused optimizers."""

from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm)
FUSED = ('Adam', 'AdamW')


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class NormDecayOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """mmengine's constructor, with ``norm_decay_mult`` for every norm layer.

    In mmengine a custom key switches all other rules off for what it matches: with
    ``custom_keys=dict(head=dict(lr_mult=10))`` the head's BatchNorm gets its weight
    decay back. Here it does not, unless that key has a ``decay_mult`` of its own.
    The recipe (appendix A.2) needs both rules.

    On GPUs, Adam and AdamW are fused unless the config says otherwise: one kernel a
    parameter, and ``FiniteCheckHook`` need not wait for them.

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
        if is_on_gpu(model) and self.optimizer_cfg['type'] in FUSED:
            self.optimizer_cfg.setdefault('fused', True)
        return super().__call__(model)

    def add_params(
        self,
        params: list[dict],
        module: nn.Module,
        prefix: str = '',
        is_dcn_module: bool | None = None,
    ) -> None:
        """Adds the parameters of a module, as groups of one, to ``params``.

        Args:
            params (list[dict]): The groups so far; changed in place.
            module (nn.Module): The module.
            prefix (str): Its name. Defaults to ''.
            is_dcn_module (bool, optional): Whether its parent is a deformable
                convolution. Defaults to None.
        """
        first = len(params)
        super().add_params(params, module, prefix, is_dcn_module)
        norm_decay_mult = self.paramwise_cfg.get('norm_decay_mult')
        if isinstance(module, NORMS) and norm_decay_mult is not None:
            for group in params[first:]:
                # A custom key leaves its own options in the group.
                if 'decay_mult' not in group:
                    group['weight_decay'] = self.base_wd * norm_decay_mult


def is_on_gpu(model: nn.Module) -> bool:
    """Whether all parameters are on a GPU."""
    return all(param.is_cuda for param in model.parameters())
