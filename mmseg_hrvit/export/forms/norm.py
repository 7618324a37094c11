"""LayerNorm over the channels of a map."""

import torch
import torch.nn as nn
from torch import Tensor


class MapNorm(nn.Module):
    """``nn.LayerNorm`` of tokens, on maps, written out in means and products.

    Engines fuse these with what stands around them; the layer itself would need
    the channels in the last place.

    Args:
        norm (nn.LayerNorm): The layer.
    """

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.eps = norm.eps
        self.weight = as_map(norm.weight)
        self.bias = as_map(norm.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, H, W)."""
        x = x - x.mean(1, keepdim=True)
        variance = (x * x).mean(1, keepdim=True)
        x = x * torch.rsqrt(variance + self.eps)
        if self.weight is not None:
            x = x * self.weight
        return x if self.bias is None else x + self.bias


def as_map(parameter: nn.Parameter | None) -> nn.Parameter | None:
    """Copies a parameter of C channels as (C, 1, 1)."""
    if parameter is None:
        return None
    return nn.Parameter(parameter.detach()[:, None, None].clone())
