"""The diversity-enhanced shortcut on maps."""

import torch
import torch.nn as nn
from torch import Tensor

from mmseg_hrvit.models.layers.shortcut import DiversityEnhancedShortcut

from .convs import conv1x1

MIN_GROUP_WIDTH = 32  # narrower groups multiply less, but take as long


class MapShortcut(nn.Module):
    """DES (Eq. 3) with its factors as large matrices, most of their entries zero.

    These multiply more, but engines do so faster than they turn the folded tokens.

    Args:
        des (DiversityEnhancedShortcut): The layer.
    """

    def __init__(self, des: DiversityEnhancedShortcut) -> None:
        super().__init__()
        weight, bias = dense_right(des)  # the same p x p block k times
        width = group_width(*des.factors)
        groups = len(bias) // width
        self.right = conv1x1(weight[:width, :width].repeat(groups, 1), bias, groups)
        self.act = des.act
        self.left = conv1x1(*dense_left(des))

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, H, W)."""
        return self.left(self.act(self.right(x)))


def group_width(k: int, p: int) -> int:
    """Channels of a group: so many blocks of p that they divide all k."""
    return next(
        n * p
        for n in range(1, k + 1)
        if k % n == 0 and (n * p >= MIN_GROUP_WIDTH or n == k)
    )


def dense_right(des: DiversityEnhancedShortcut) -> tuple[Tensor, Tensor]:
    """Weight (C, C) and bias (C,) of the factor that mixes the p axis."""
    factor, (k, _) = des.proj_right, des.factors
    if des.is_dense:
        return factor.weight, factor.bias
    return torch.kron(torch.eye(k), factor.weight), factor.bias.repeat(k)


def dense_left(des: DiversityEnhancedShortcut) -> tuple[Tensor, Tensor]:
    """Weight (C, C) and bias (C,) of the factor that mixes the k axis."""
    factor, (_, p) = des.proj_left, des.factors
    if des.is_dense:
        return factor.weight, factor.bias
    return torch.kron(factor.weight, torch.eye(p)), factor.bias.repeat_interleave(p)
