"""The two views of a feature map: channels first and channels last.

All maps lie in memory with the channels last. Convolutions see them as
(B, C, H, W), linear layers and LayerNorm as (B, H, W, C); neither view copies.
"""

from torch import Tensor


def channels_last(x: Tensor) -> Tensor:
    """Views (B, C, H, W) as (B, H, W, C)."""
    return x.permute(0, 2, 3, 1)


def channels_first(x: Tensor) -> Tensor:
    """Views (B, H, W, C) as (B, C, H, W)."""
    return x.permute(0, 3, 1, 2)
