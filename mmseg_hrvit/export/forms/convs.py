"""1x1 convolutions with the weights of linear layers."""

import torch.nn as nn
from torch import Tensor


def conv1x1(weight: Tensor, bias: Tensor | None) -> nn.Conv2d:
    """Makes the convolution that is a linear layer of every pixel.

    Args:
        weight (Tensor): (C_out, C_in).
        bias (Tensor, optional): (C_out,).

    Returns:
        nn.Conv2d: It maps (B, C_in, H, W) to (B, C_out, H, W).
    """
    out_channels, in_channels = weight.shape
    conv = nn.Conv2d(in_channels, out_channels, 1, bias=bias is not None)
    conv.weight = nn.Parameter(weight.detach()[..., None, None].clone())
    if bias is not None:
        conv.bias = nn.Parameter(bias.detach().clone())
    return conv


def part_of_depthwise(conv: nn.Conv2d, part: slice) -> nn.Conv2d:
    """Makes the depth-wise convolution of some channels of another."""
    weight = conv.weight.detach()[part]
    own = nn.Conv2d(
        len(weight),
        len(weight),
        conv.kernel_size,
        padding=conv.padding,
        groups=len(weight),
        bias=conv.bias is not None,
    )
    own.weight = nn.Parameter(weight.clone())
    if conv.bias is not None:
        own.bias = nn.Parameter(conv.bias.detach()[part].clone())
    return own
