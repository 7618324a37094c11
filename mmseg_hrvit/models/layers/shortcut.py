"""Diversity-enhanced shortcut, DES (section 2.2, Eq. 3)."""

import torch.nn as nn
from mmcv.cnn import build_activation_layer
from torch import Tensor

from mmseg_hrvit.errors import InputError


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
            authors' networks have GELU. Defaults to ``dict(type='HSwish')``.

    Raises:
        InputError: If the channels cannot be folded.
    """

    def __init__(
        self,
        channels: int,
        act_cfg: dict = dict(type='HSwish'),  # noqa: B006
    ) -> None:
        super().__init__()
        self.factors = k, p = kronecker_factors(channels)
        self.proj_right = nn.Linear(p, p)
        self.act = build_activation_layer(act_cfg)
        self.proj_left = nn.Linear(k, k)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (..., C) to (..., C)."""
        x = x.unflatten(-1, self.factors)  # ..., k, p
        x = self.act(self.proj_right(x)).transpose(-1, -2)  # ..., p, k
        return self.proj_left(x).transpose(-1, -2).flatten(-2)  # ..., C
