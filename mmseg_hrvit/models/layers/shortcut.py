"""Diversity-enhanced shortcut, DES (section 2.2, Eq. 3)."""

import torch
import torch.nn as nn
from mmcv.cnn import build_activation_layer
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .linear import Linear, linear
from .recompute import light_memory

# Up to here full matrices are faster than folding the tokens into small ones.
MAX_DENSE_CHANNELS = 64


def kronecker_factors(channels: int) -> tuple[int, int]:
    """Splits ``channels`` into the sizes (k, p) of the two factors.

    p = 2^ceil(e / 2) with e = floor(log2(channels)), k = channels / p: for
    powers of four both are the paper's sqrt(C).

    Args:
        channels (int): Channels of a token, at least 1.

    Returns:
        tuple[int, int]: k and p, with k * p = channels.

    Raises:
        InputError: If p does not divide ``channels``.
    """
    exponent = channels.bit_length() - 1
    p = 2 ** ((exponent + 1) // 2)
    if channels % p:
        raise InputError(
            f'the diversity-enhanced shortcut needs channels divisible by {p}, '
            f'got {channels}'
        )
    return channels // p, p


class DiversityEnhancedShortcut(nn.Module):
    """A projection by a Kronecker product, with an activation between its factors.

    A token of C channels is folded into a k x p matrix. ``proj_right`` mixes its
    p axis, ``proj_left`` its k axis.

    Args:
        channels (int): Channels C of a token.
        act_cfg (dict): The activation in between. The paper has Hardswish, the
            authors' networks have GELU.
    """

    def __init__(self, channels: int, act_cfg: dict) -> None:
        super().__init__()
        self.factors = k, p = kronecker_factors(channels)
        self.proj_right = Linear(p, p)
        self.act = build_activation_layer(act_cfg)
        self.proj_left = Linear(k, k)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (..., C) to (..., C)."""
        if x.shape[-1] <= MAX_DENSE_CHANNELS:
            x = linear(x, *dense_right(self))
            return light_memory(self.act, lambda y: linear(y, *dense_left(self)), x)
        folded = self.proj_right(x.unflatten(-1, self.factors))  # ..., k, p
        return light_memory(self.act, self._mix_rows, folded)

    def _mix_rows(self, folded: Tensor) -> Tensor:
        weight, bias = self.proj_left.weight, self.proj_left.bias
        x = folded.flatten(end_dim=-3)  # tokens, k, p
        x = torch.baddbmm(bias[:, None], weight.expand(len(x), -1, -1), x)
        return x.view_as(folded).flatten(-2)  # ..., C


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
