"""Depth-wise convolution."""

import torch
import torch.nn as nn


def depthwise_conv(
    channels: int, kernel_size: int, stride: int = 1, bias: bool = True
) -> nn.Conv2d:
    """Makes a depth-wise convolution, padded by half a kernel.

    Maps of tokens have their channels last, and so has the gradient of the kernels. The
    kernels get the same layout, because distributed training warns if a gradient has
    other strides than its parameter. Values and shapes do not depend on it.

    Args:
        channels (int): Channels of the map.
        kernel_size (int): Side of a kernel, odd.
        stride (int): Defaults to 1.
        bias (bool): Defaults to True.

    Returns:
        nn.Conv2d: Maps (B, C, H, W) to (B, C, H / stride, W / stride), rounded up.
    """
    conv = nn.Conv2d(
        channels,
        channels,
        kernel_size,
        stride,
        padding=kernel_size // 2,
        groups=channels,
        bias=bias,
    )
    return with_channels_last(conv)


def with_channels_last(conv: nn.Conv2d) -> nn.Conv2d:
    """Stores the kernels of a convolution with their channels last.

    This replaces ``conv.to``, which exchanges the tensor inside the parameter; tensors
    of ``FakeTensorMode`` refuse that.

    Args:
        conv (nn.Conv2d): Changed in place.

    Returns:
        nn.Conv2d: The same.
    """
    weight = conv.weight.detach().clone(memory_format=torch.channels_last)
    conv.weight = nn.Parameter(weight)
    return conv
