"""LayerNorm over the channels of a map."""

import torch
import torch.nn as nn
from torch import Tensor


class CentredNorm(nn.Module):
    """``nn.LayerNorm`` of tokens, on maps whose mean over channels is zero.

    It is written as products, which engines fuse with the operators around them. The
    layer itself would need the channels in the last dimension.

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
        norm = torch.linalg.vector_norm(x, dim=1, keepdim=True)  # no map of squares
        deviation = norm * x.shape[1] ** -0.5
        x = x * torch.rsqrt(deviation * deviation + self.eps)
        if self.weight is not None:
            x = x * self.weight
        return x if self.bias is None else x + self.bias


class MapNorm(CentredNorm):
    """``nn.LayerNorm`` of tokens, on maps.

    Args:
        norm (nn.LayerNorm): The layer.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, H, W)."""
        return super().forward(centre(x))


def centre(x: Tensor) -> Tensor:
    """Subtracts the mean over channels from a map (B, C, H, W)."""
    return x - x.mean(1, keepdim=True)


def as_map(parameter: nn.Parameter | None) -> nn.Parameter | None:
    """Copies a parameter of C channels as (C, 1, 1)."""
    if parameter is None:
        return None
    return nn.Parameter(parameter.detach()[:, None, None].clone())
