"""Average pooling to a fixed number of bins, with matrix products."""

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn.modules.utils import _pair


class ProductPool(nn.AdaptiveAvgPool2d):
    """The layer as two small matrix products, which any engine has.

    Their gradient is deterministic on a GPU; that of torch's pooling is not.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, *bins)."""
        return pool(x, self.output_size)


def by_products(layer: nn.AdaptiveAvgPool2d) -> ProductPool:
    """Makes the form of a layer, for engines."""
    return ProductPool(layer.output_size)


def pool(x: Tensor, bins: int | tuple[int | None, int | None] | None) -> Tensor:
    """Computes what ``nn.AdaptiveAvgPool2d`` does.

    Args:
        x (Tensor): The map (B, C, H, W).
        bins (int | tuple[int | None, int | None] | None): Rows and columns of bins;
            None: as many as the map has.

    Returns:
        Tensor: (B, C, *bins).
    """
    rows, columns = (
        bin_weights(size, number or size, x.device).to(x.dtype)
        for size, number in zip(x.shape[-2:], _pair(bins), strict=True)
    )
    return rows @ x @ columns.transpose(0, 1)


def bin_weights(size: int, bins: int, device: torch.device) -> Tensor:
    """The weight of each pixel of a line in the mean of each bin.

    Args:
        size (int): Pixels of the line.
        bins (int): Number of bins; bin i goes from ``floor(i * size / bins)`` to
            ``ceil((i + 1) * size / bins)``, as in torch.
        device (torch.device): Device of the weights.

    Returns:
        Tensor: (bins, size), float32.
    """
    number = torch.arange(bins, device=device)[:, None]
    start = torch.div(number * size, bins, rounding_mode='floor')
    end = torch.div((number + 1) * size + bins - 1, bins, rounding_mode='floor')
    pixel = torch.arange(size, device=device)
    # Of each pixel, 0 or 1 lies in a bin.
    inside = torch.minimum(pixel + 1, end) - torch.maximum(pixel, start)
    inside = inside.clamp(min=0)  # bins, size
    return inside / inside.sum(1, keepdim=True)
