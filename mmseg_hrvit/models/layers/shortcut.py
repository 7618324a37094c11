"""Diversity-enhanced shortcut, DES (section 2.2, Eq. 3)."""

import torch
import torch.nn as nn
from mmcv.cnn import build_activation_layer
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .linear import Linear
from .recompute import light_memory

# Up to here one full matrix is faster than folding and turning the tokens.
MAX_DENSE_CHANNELS = 128


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
        self.is_dense = False

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (..., C) to (..., C)."""
        if self.is_dense:
            return self.proj_left(self.act(self.proj_right(x)))
        folded = self.proj_right(x.unflatten(-1, self.factors))  # ..., k, p
        return light_memory(self._finish, folded)

    def switch_to_deploy(self) -> None:
        """Writes the factors out as full matrices where that is faster."""
        k, p = self.factors
        if k * p > MAX_DENSE_CHANNELS:
            return
        right, left = self.proj_right, self.proj_left
        eye_k, eye_p = (torch.eye(n).to(right.weight) for n in (k, p))
        self.proj_right = linear(torch.kron(eye_k, right.weight), right.bias.repeat(k))
        self.proj_left = linear(
            torch.kron(left.weight, eye_p), left.bias.repeat_interleave(p)
        )
        self.is_dense = True

    def _finish(self, folded: Tensor) -> Tensor:
        folded = self.proj_left(self.act(folded).transpose(-1, -2))  # ..., p, k
        return folded.transpose(-1, -2).flatten(-2)  # ..., C


def linear(weight: Tensor, bias: Tensor) -> Linear:
    """Makes a linear layer of given weights."""
    layer = Linear(weight.shape[1], weight.shape[0]).to(weight)
    layer.weight.data, layer.bias.data = weight.data, bias.data
    return layer
