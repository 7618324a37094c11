"""Convolutions with the weights of other layers."""

import torch
import torch.nn as nn
from torch import Tensor


def make_conv(weight: Tensor, bias: Tensor | None, groups: int = 1) -> nn.Conv2d:
    """Makes a convolution that keeps the size of its map.

    Args:
        weight (Tensor): (C_out, C_in / groups, k, k), k odd. It is copied.
        bias (Tensor, optional): (C_out,). It is copied.
        groups (int): Groups of channels. Defaults to 1.

    Returns:
        nn.Conv2d: It maps (B, C_in, H, W) to (B, C_out, H, W).
    """
    out_channels, in_channels, *kernel_size = weight.shape
    conv = nn.Conv2d(
        in_channels * groups,
        out_channels,
        kernel_size,
        padding=[k // 2 for k in kernel_size],
        groups=groups,
        bias=bias is not None,
    )
    conv.weight = nn.Parameter(weight.detach().clone())
    if bias is not None:
        conv.bias = nn.Parameter(bias.detach().clone())
    return conv


def conv1x1(weight: Tensor, bias: Tensor | None, groups: int = 1) -> nn.Conv2d:
    """Makes the 1x1 convolution that equals a linear layer on every pixel.

    Args:
        weight (Tensor): (C_out, C_in / groups).
        bias (Tensor, optional): (C_out,).
        groups (int): Groups of channels. Defaults to 1.

    Returns:
        nn.Conv2d: It maps (B, C_in, H, W) to (B, C_out, H, W).
    """
    return make_conv(weight[..., None, None], bias, groups)


def part_of_depthwise(conv: nn.Conv2d, part: slice) -> nn.Conv2d:
    """Makes the depth-wise convolution of some channels of another."""
    weight = conv.weight[part]
    bias = None if conv.bias is None else conv.bias[part]
    return make_conv(weight, bias, groups=len(weight))


@torch.no_grad()
def centre_output(layer: nn.Linear | nn.Conv2d) -> None:
    """Changes a layer so that it subtracts the mean over channels from its output."""
    for parameter in layer.parameters():
        parameter -= parameter.mean(0)
