"""Depth-wise 5x5 convolution with a gradient that is fast on a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn.grad import conv2d_weight


class SplitConv5x5(torch.autograd.Function):
    """The convolution; the gradient of its kernel is computed in two parts.

    oneDNN takes nine times as long for the gradient of a kernel of five columns as for
    one of three. Columns 1 to 3 of a kernel form a kernel of three columns. So do
    columns 0, 2 and 4, if two adjacent pixels are viewed as one with twice the
    channels, which copies nothing.
    """

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Maps (B, C, H, W) with W even to (B, C, H, W)."""
        ctx.save_for_backward(x, weight)
        return convolve(x, weight, bias)

    @staticmethod
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps the map's gradient (B, C, H, W) to those of the three inputs."""
        x, weight = ctx.saved_tensors
        of_x = convolve(grad, weight.flip(2, 3))
        return of_x, gradient_of_kernel(x, grad), grad.sum((0, 2, 3))


def depthwise5x5(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolves each channel with its kernel, by ``SplitConv5x5`` where it can.

    Args:
        x (Tensor): The map (B, C, H, W).
        weight (Tensor): The kernels (C, 1, 5, 5).
        bias (Tensor): (C,).

    Returns:
        Tensor: (B, C, H, W).
    """
    if x.shape[3] % 2 or torch.is_autocast_enabled('cpu'):
        return convolve(x, weight, bias)
    return SplitConv5x5.apply(x, weight, bias)


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolves each channel of (B, C, H, W) with its kernel of (C, 1, 5, 5)."""
    return F.conv2d(x, weight, bias, padding=2, groups=weight.shape[0])


def gradient_of_kernel(x: Tensor, grad: Tensor) -> Tensor:
    """The gradient of 5x5 kernels.

    Args:
        x (Tensor): The map (B, C, H, W), W even.
        grad (Tensor): The gradient of the output, of the same shape.

    Returns:
        Tensor: (C, 1, 5, 5).
    """
    inner = gradient_of_columns(x, grad)
    outer = gradient_of_columns(pairs(x), pairs(grad))  # 2 * C, 1, 5, 3
    outer = outer.unflatten(0, (2, -1)).sum(0)
    kernels = torch.cat([outer[..., :1], inner, outer[..., 2:]], dim=3)
    # The kernels' own layout, see ``depthwise_conv``; nothing is copied.
    return kernels.view(-1, 5, 5, 1).permute(0, 3, 1, 2)


def gradient_of_columns(x: Tensor, grad: Tensor) -> Tensor:
    """The same for kernels of three columns: (C, 1, 5, 3)."""
    channels = x.shape[1]
    return conv2d_weight(x, (channels, 1, 5, 3), grad, padding=(2, 1), groups=channels)


def pairs(x: Tensor) -> Tensor:
    """Views pixels 2i and 2i + 1 of (B, C, H, W) as one: (B, 2 * C, H, W / 2)."""
    x = x.permute(0, 2, 3, 1).unflatten(2, (-1, 2))  # B, H, W / 2, 2, C
    return x.flatten(3).permute(0, 3, 1, 2)
