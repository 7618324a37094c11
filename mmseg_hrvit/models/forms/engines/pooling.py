"""Average pooling to a fixed number of bins, from maps of a size yet unknown."""

import torch.nn as nn
from torch import Tensor

from ..pooling import pool


class MatrixPool(nn.Module):
    """``nn.AdaptiveAvgPool2d`` as two small matrix products, which any engine has.

    Args:
        layer (nn.AdaptiveAvgPool2d): The layer.
    """

    def __init__(self, layer: nn.AdaptiveAvgPool2d) -> None:
        super().__init__()
        self.bins = layer.output_size

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, *bins)."""
        return pool(x, self.bins)
