"""Average pooling to a fixed number of bins, from maps of a size yet unknown."""

import torch
import torch.nn as nn
from torch import Tensor


class MatrixPool(nn.Module):
    """``nn.AdaptiveAvgPool2d`` as two small matrix products, which any engine has.

    Args:
        pool (nn.AdaptiveAvgPool2d): The layer.
    """

    def __init__(self, pool: nn.AdaptiveAvgPool2d) -> None:
        super().__init__()
        size = pool.output_size
        self.bins = (size, size) if isinstance(size, int) else tuple(size)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, *bins)."""
        rows = bin_weights(x.shape[2], self.bins[0])
        columns = bin_weights(x.shape[3], self.bins[1])
        return rows @ x @ columns.transpose(0, 1)


def bin_weights(size: int, bins: int) -> Tensor:
    """What each pixel of a line weighs in each bin's mean.

    Args:
        size (int): Pixels of the line.
        bins (int): Number of bins; bin i goes from ``floor(i * size / bins)`` to
            ``ceil((i + 1) * size / bins)``, as in torch.

    Returns:
        Tensor: (bins, size), float32.
    """
    number = torch.arange(bins)[:, None]
    start = torch.div(number * size, bins, rounding_mode='floor')
    end = torch.div((number + 1) * size + bins - 1, bins, rounding_mode='floor')
    pixel = torch.arange(size)
    # Of each pixel, 0 or 1 lies in a bin.
    inside = torch.minimum(pixel + 1, end) - torch.maximum(pixel, start)
    inside = inside.clamp(min=0)  # bins, size
    return inside / inside.sum(1, keepdim=True)
