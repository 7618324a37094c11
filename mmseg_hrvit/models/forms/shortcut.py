"""The diversity-enhanced shortcut with larger products than Eq. 3 has."""

import torch
from torch import Tensor

from ..layers import DiversityEnhancedShortcut
from .linear import convolved_linear

# Up to here full matrices are faster on a CPU than folding tokens into small ones.
MAX_DENSE_CHANNELS = 64


class DenseShortcut(DiversityEnhancedShortcut):
    """DES whose factors are full matrices, or multiply folded tokens in a batch."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (..., C) to (..., C)."""
        if x.shape[-1] <= MAX_DENSE_CHANNELS:
            x = self.act(convolved_linear(x, *dense_right(self)))
            return convolved_linear(x, *dense_left(self))
        x = self.act(self.proj_right(x.unflatten(-1, self.factors)))  # ..., k, p
        tokens = x.flatten(end_dim=-3)  # n, k, p
        weight = self.proj_left.weight.expand(len(tokens), -1, -1)
        tokens = torch.baddbmm(self.proj_left.bias[:, None], weight, tokens)
        return tokens.view_as(x).flatten(-2)  # ..., C


def dense_right(des: DiversityEnhancedShortcut) -> tuple[Tensor, Tensor]:
    """Weight (C, C) and bias (C,) of the factor that mixes the p axis."""
    factor, (k, _) = des.proj_right, des.factors
    eye = torch.eye(k, dtype=factor.weight.dtype, device=factor.weight.device)
    return torch.kron(eye, factor.weight), factor.bias.repeat(k)


def dense_left(des: DiversityEnhancedShortcut) -> tuple[Tensor, Tensor]:
    """Weight (C, C) and bias (C,) of the factor that mixes the k axis."""
    factor, (_, p) = des.proj_left, des.factors
    eye = torch.eye(p, dtype=factor.weight.dtype, device=factor.weight.device)
    return torch.kron(factor.weight, eye), factor.bias.repeat_interleave(p)
