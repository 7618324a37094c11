"""Linear layers of tokens that lie as a map."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from .layout import channels_first, channels_last


class Linear(nn.Linear):
    """``nn.Linear``, which on a CPU runs as the 1x1 convolution that it is.

    Convolutions are oneDNN's, which reach the rate of any processor. Products of
    matrices are MKL's, which reach half of it on those of other makers.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C_in) to (B, H, W, C_out), or (..., C_in) likewise."""
        return linear(x, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``F.linear``, as a convolution where ``Linear`` is one.

    Args:
        x (Tensor): Tokens (B, H, W, C_in) or (..., C_in).
        weight (Tensor): (C_out, C_in).
        bias (Tensor, optional): (C_out,).

    Returns:
        Tensor: Tokens (B, H, W, C_out) or (..., C_out).
    """
    if not is_better_convolved(x):
        return F.linear(x, weight, bias)
    weight = weight[..., None, None]  # C_out, C_in, 1, 1
    return channels_last(F.conv2d(channels_first(x), weight, bias))


def is_better_convolved(x: Tensor) -> bool:
    """Whether tokens are a map that oneDNN takes as it lies in memory."""
    return (
        x.dim() == 4
        and x.device.type == 'cpu'
        and x.dtype == torch.float32
        and x.is_contiguous()
        and torch.backends.mkldnn.is_available()
        and not torch.compiler.is_compiling()  # inductor chooses by itself
    )
