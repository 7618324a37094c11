"""The table of layers and their forms, and changing a network from one to another.

A form computes the same function as the plain layer, in a way that suits a purpose.
Some forms replace the class of the plain layer on the same object, with its parameters
and their names, and can be removed again. Others multiply weights together, so they
need a copy.
"""

import copy
from collections.abc import Callable, Mapping

import torch.nn as nn
from mmcv.cnn.bricks import DropPath
from mmengine.model import revert_sync_batchnorm

from mmseg_hrvit.errors import InputError

from ..decode_heads import LinearSegformerHead
from ..layers import (
    Block,
    Branch,
    CrossShapedAttention,
    DiversityEnhancedShortcut,
    MixCFN,
)
from .compiled import REGIONS, UnguardedDropPath
from .engines import MapBranch, SummingHead
from .linear import ConvolvedLinear
from .memory import keep_all, keep_less
from .mixcfn import HalvedMixCFN, MergedMixCFN
from .norms import fold_attention, fold_convolutions
from .pooling import ProductPool, by_products
from .recompute import RecomputedBranch
from .segformer_head import CollapsedHead, FoldedHead, fold_head
from .shortcut import DenseShortcut
from .untouched import is_untouched

CPU = {nn.Linear: ConvolvedLinear, DiversityEnhancedShortcut: DenseShortcut}
# Subclasses, which take the place of the plain class.
IN_PLACE = dict(
    training_cpu={**CPU, MixCFN: HalvedMixCFN, LinearSegformerHead: CollapsedHead},
    compile={**REGIONS, DropPath: UnguardedDropPath},
    recompute={Branch: RecomputedBranch},
    deterministic={nn.AdaptiveAvgPool2d: ProductPool},
)
# What makes a module in place of the plain one.
FOLDED = {CrossShapedAttention: fold_attention, LinearSegformerHead: fold_head}
ON_A_COPY = dict(
    inference={MixCFN: MergedMixCFN},
    engines={
        Branch: MapBranch,
        FoldedHead: SummingHead,
        nn.AdaptiveAvgPool2d: by_products,
    },
)
PURPOSES = (*IN_PLACE, 'memory', *ON_A_COPY)
PLAIN = {form: plain for table in IN_PLACE.values() for plain, form in table.items()}


def convert(network: nn.Module, purpose: str) -> nn.Module:
    """Puts a network into the form for a purpose.

    In place (``restore`` removes these):

    - 'training_cpu': layers run in ways that are fast on a CPU.
    - 'compile': the repeated parts are compiled, at the first call. It replaces
      'training_cpu', and the other way round.
    - 'memory': the backward pass recomputes what is cheap to recompute.
    - 'recompute': the forward pass stores only the inputs of blocks (``with_cp``).
    - 'deterministic': gradients are the same bit for bit in every run, also on a GPU.

    On a copy in evaluation mode without gradients, which cannot load checkpoints of the
    network:

    - 'inference': weights are multiplied together.
    - 'engines': the same, in ways that are fast in inference engines.

    If something else (an adapter, sharding, a hook) has changed a layer, the layer
    stays as it is, so all forms are exact.

    Args:
        network (nn.Module): A backbone, a head, a segmentor or a classifier.
        purpose (str): One of the above.

    Returns:
        nn.Module: The network, or the copy.

    Raises:
        InputError: If the purpose is unknown, or the network is already such a copy.
    """
    if purpose not in PURPOSES:
        raise InputError(f'purpose={purpose!r}: choose one of {", ".join(PURPOSES)}')
    refuse_copy(network)
    if purpose in ON_A_COPY:
        return make_copy(network, purpose)
    if purpose == 'memory':
        # Where blocks are recomputed, nothing within them is kept.
        for branch in modules_of(network, Branch):
            for block in branch.blocks:
                keep_less(block)
        return network
    if purpose in ('training_cpu', 'compile'):
        restore(network, ('training_cpu', 'compile'))
    put_on(network, IN_PLACE[purpose])
    return network


def deploy(network: nn.Module) -> nn.Module:
    """Makes the exact inference form: ``convert(network, 'inference')``."""
    return convert(network, 'inference')


def restore(
    network: nn.Module,
    purposes: tuple[str, ...] = ('training_cpu', 'compile', 'memory', 'deterministic'),
) -> nn.Module:
    """Removes forms.

    Args:
        network (nn.Module): The network. Changed in place.
        purposes (tuple[str, ...]): The forms. Defaults to all forms in place except
            'recompute', which is an option of the network.

    Returns:
        nn.Module: The network.

    Raises:
        InputError: If it is a copy whose weights are multiplied together.
    """
    refuse_copy(network)
    forms = {form for name in purposes for form in IN_PLACE.get(name, {}).values()}
    for module in network.modules():
        if type(module) in forms:
            if hasattr(module, 'end'):
                module.end()
            module.__class__ = PLAIN[type(module)]
        if 'memory' in purposes and isinstance(module, Block):
            keep_all(module)
    return network


def refuse_copy(network: nn.Module) -> None:
    """Raises InputError if a network is a copy that ``convert`` made."""
    purpose = getattr(network, 'made_for', None)
    if purpose is not None:
        raise InputError(
            f'this network is a copy for {purpose!r}, whose weights are multiplied '
            'together: use the original network'
        )


def make_copy(network: nn.Module, purpose: str) -> nn.Module:
    """Makes the copy of ``convert``."""
    device = next(network.parameters()).device
    network = restore(copy.deepcopy(network), (*IN_PLACE, 'memory'))
    network = revert_sync_batchnorm(network).eval()
    network = replace(network, FOLDED)
    fold_convolutions(network)
    network = replace(network, ON_A_COPY[purpose])
    if purpose == 'inference' and device.type == 'cpu':
        put_on(network, CPU)
    network.made_for = purpose
    return network.requires_grad_(False)


def put_on(network: nn.Module, forms: Mapping[type, type]) -> None:
    """Gives modules the classes of their forms."""
    for module in network.modules():
        form = forms.get(type(module))
        if form is not None and is_untouched(module):
            module.__class__ = form
            if hasattr(form, 'begin'):
                module.begin()


def replace(
    network: nn.Module, forms: Mapping[type, Callable[[nn.Module], nn.Module]]
) -> nn.Module:
    """Replaces modules by their forms; returns the network."""
    holder = nn.ModuleDict({'network': network})
    for name, module in list(holder.named_modules()):
        form = forms.get(type(module))
        if form is not None and is_untouched(module):
            holder.set_submodule(name, form(module).eval())
    return holder['network']


def modules_of(network: nn.Module, plain: type) -> list[nn.Module]:
    """The modules whose class is exactly the given one."""
    return [module for module in network.modules() if type(module) is plain]
