"""The diversity-enhanced shortcut on maps."""

import torch.nn as nn
from torch import Tensor

from ...layers import DiversityEnhancedShortcut
from ..shortcut import dense_left, dense_right
from .convs import conv1x1

MIN_GROUP_WIDTH = 32  # narrower groups multiply less, but take as long


class MapShortcut(nn.Module):
    """DES (Eq. 3) with its factors as large matrices, most of their entries zero.

    These need more multiplications, but engines do them faster than they transpose the
    folded tokens.

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
    """Channels of a group: a multiple of p whose number of blocks divides k."""
    return next(
        n * p
        for n in range(1, k + 1)
        if k % n == 0 and (n * p >= MIN_GROUP_WIDTH or n == k)
    )
