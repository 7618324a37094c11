"""Folding BatchNorms into the layers before them."""

import torch.nn as nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..layers import CrossShapedAttention


def can_fold(norm: nn.Module) -> bool:
    """Whether a norm is a fixed scale and shift of each channel."""
    return isinstance(norm, _BatchNorm) and norm.running_var is not None


def fold(layer: nn.Conv2d | nn.Linear, norm: _BatchNorm) -> None:
    """Multiplies a norm into the layer before it, in place.

    Args:
        layer (nn.Conv2d | nn.Linear): The layer.
        norm (_BatchNorm): A norm that ``can_fold``, in evaluation mode.
    """
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.affine:
        scale = scale * norm.weight
    bias = -norm.running_mean * scale
    if norm.affine:
        bias = bias + norm.bias
    if layer.bias is not None:
        bias = bias + layer.bias * scale
    weight = layer.weight * scale.view(-1, *[1] * (layer.weight.dim() - 1))
    layer.weight = nn.Parameter(weight.detach())
    layer.bias = nn.Parameter(bias.detach())


def fold_attention(attn: CrossShapedAttention) -> CrossShapedAttention:
    """Folds the BatchNorm into the output projection, in place."""
    if can_fold(attn.bn):
        fold(attn.proj, attn.bn)
        attn.bn = nn.Identity()
    return attn


def fold_convolutions(network: nn.Module) -> None:
    """Folds every BatchNorm that follows a convolution in the same module, in place.

    Args:
        network (nn.Module): A network in evaluation mode.
    """
    for module in network.modules():
        conv = None
        for name, child in list(module.named_children()):
            if conv is not None and can_fold(child):
                fold(conv, child)
                setattr(module, name, nn.Identity())
            conv = child if isinstance(child, nn.Conv2d) else None
