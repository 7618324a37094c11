"""Folding BatchNorms into the layers before them."""

from collections import Counter
from itertools import pairwise

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmengine.model import Sequential
from mmseg.models.backbones import HRNet
from mmseg.models.backbones.resnet import BasicBlock, Bottleneck
from torch.nn.modules.batchnorm import _BatchNorm

from ..layers import CrossShapedAttention, Stem
from ..layers.fusion import DownPath, UpPath
from .untouched import is_untouched

# They call their convolutions and norms in the order in which these were added.
IN_ORDER = (
    *(nn.Sequential, Sequential),
    *(Stem, DownPath, UpPath),
    *(BasicBlock, Bottleneck),
)


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
    """Folds BatchNorms into the convolutions that they follow, in place.

    Only modules that are known to call their children in order are changed. Other
    convolutions keep their norm, which is exact as well.

    Args:
        network (nn.Module): A network in evaluation mode.
    """
    uses = Counter(part for _, part in network.named_modules(remove_duplicate=False))
    for module in network.modules():
        for conv_name, norm_name in pairwise(called_in_order(module)):
            conv, norm = getattr(module, conv_name), getattr(module, norm_name)
            is_shared = uses[conv] > 1 or uses[norm] > 1
            if is_plain_conv(conv) and can_fold(norm) and not is_shared:
                fold(conv, norm)
                setattr(module, norm_name, nn.Identity())


def called_in_order(module: nn.Module) -> list[str]:
    """Names the children of a module, if it calls each with the output of the last."""
    if isinstance(module, ConvModule):
        follows = module.order.index('norm') == module.order.index('conv') + 1
        return ['conv', module.norm_name] if module.with_norm and follows else []
    if type(module) in IN_ORDER or isinstance(module, HRNet):
        return [name for name, _ in module.named_children()]
    return []


def is_plain_conv(layer: nn.Module) -> bool:
    """Whether a layer is torch's convolution; a subclass may change its weights."""
    return type(layer) is nn.Conv2d and is_untouched(layer)
