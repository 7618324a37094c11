"""Linear layers as the 1x1 convolutions that they are."""

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class ConvolvedLinear(nn.Linear):
    """``nn.Linear`` of a map of tokens, run as a 1x1 convolution.

    On CPUs, oneDNN runs convolutions, and reaches the peak rate of any processor. MKL
    runs matrix products, and reaches half of that rate on processors of other makers
    than Intel.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C_in) or (..., C_in) to the same with C_out."""
        return convolved_linear(x, self.weight, self.bias)


def convolved_linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``F.linear``; of a map of tokens it is a 1x1 convolution.

    Args:
        x (Tensor): Tokens (B, H, W, C_in) or (..., C_in).
        weight (Tensor): (C_out, C_in).
        bias (Tensor, optional): (C_out,).

    Returns:
        Tensor: Tokens (B, H, W, C_out) or (..., C_out).
    """
    if x.dim() != 4 or not x.is_contiguous():  # it would be copied
        return F.linear(x, weight, bias)
    x = F.conv2d(x.permute(0, 3, 1, 2), weight[..., None, None], bias)
    return x.permute(0, 2, 3, 1)
