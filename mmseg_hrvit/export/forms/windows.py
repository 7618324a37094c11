"""Cutting maps into windows of whole rows or columns, for sizes yet unknown.

The last window is padded to full size and its padding masked: the paper's own way
(Figure 2b). A short last window of its own would need to know whether there is one.
"""

import torch
from torch import Tensor


class RowWindows:
    """Windows of s whole rows.

    Args:
        window_size (int): Rows s of a window.
        head_dim (int): Channels d of a head.
    """

    def __init__(self, window_size: int, head_dim: int) -> None:
        self.window_size = window_size
        self.head_dim = head_dim

    def count(self, size: int) -> int:
        """Number of windows in ``size`` rows."""
        return (size + self.window_size - 1) // self.window_size

    def split(self, x: Tensor) -> Tensor:
        """Cuts a map (B, C, H, W) into tokens (B * windows, heads, s * W, d)."""
        batch, channels, height, width = x.shape
        n, s = self.count(height), self.window_size
        x = x.permute(0, 2, 3, 1)  # B, H, W, C
        if s > 1:
            x = torch.constant_pad_nd(
                x, (0, 0, 0, 0, 0, n * s - height)
            )  # B, n * s, W, C
        heads = channels // self.head_dim
        x = x.reshape(batch * n, s * width, heads, self.head_dim)
        return x.transpose(1, 2)

    def merge(self, x: Tensor, shape: torch.Size) -> Tensor:
        """Puts tokens of windows together to the map of ``shape``, (B, C, H, W)."""
        batch, channels, height, width = shape
        rows = self.count(height) * self.window_size
        x = x.transpose(1, 2).reshape(batch, rows, width, channels)
        if self.window_size > 1:
            x = x[:, :height]
        return x.permute(0, 3, 1, 2)

    def mask(self, shape: torch.Size) -> Tensor | None:
        """What is added to the scores of each window's keys.

        Args:
            shape (torch.Size): The map's, (B, C, H, W).

        Returns:
            Tensor | None: (B * windows, 1, 1, s * W), minus infinity for padding; None
            if it is known that there is no padding.
        """
        batch, _, height, width = shape
        penalty = self._penalty(height)
        if penalty is None:
            return None
        penalty = (
            penalty[:, :, None]
            .expand(-1, -1, width)
            .reshape(-1, self.window_size * width)
        )  # n, s * W
        return for_each_image(penalty, batch)

    def _penalty(self, size: int) -> Tensor | None:
        n, s = self.count(size), self.window_size
        # A size that is open while tracing is no int.
        if s == 1 or (isinstance(size, int) and size % s == 0):
            return None
        is_padding = torch.arange(n * s) >= size
        return torch.zeros(n * s).masked_fill(is_padding, -torch.inf).reshape(n, s)


class ColumnWindows(RowWindows):
    """Windows of s whole columns; like ``RowWindows``, H and W in each other's place.

    Args:
        window_size (int): Columns s of a window.
        head_dim (int): Channels d of a head.
    """

    def split(self, x: Tensor) -> Tensor:
        """Cuts a map (B, C, H, W) into tokens (B * windows, heads, H * s, d)."""
        batch, channels, height, width = x.shape
        n, s = self.count(width), self.window_size
        x = x.permute(0, 2, 3, 1)  # B, H, W, C
        if s > 1:
            x = torch.constant_pad_nd(x, (0, 0, 0, n * s - width))  # B, H, n * s, C
        heads = channels // self.head_dim
        x = x.reshape(batch, height, n, s, heads, self.head_dim)
        x = x.permute(0, 2, 4, 1, 3, 5)  # B, n, heads, H, s, d
        return x.reshape(batch * n, heads, height * s, self.head_dim)

    def merge(self, x: Tensor, shape: torch.Size) -> Tensor:
        """Puts tokens of windows together to the map of ``shape``, (B, C, H, W)."""
        batch, channels, height, width = shape
        n, s = self.count(width), self.window_size
        heads = channels // self.head_dim
        x = x.reshape(batch, n, heads, height, s, self.head_dim)
        x = x.permute(0, 3, 1, 4, 2, 5)  # B, H, n, s, heads, d
        x = x.reshape(batch, height, n * s, channels)
        if s > 1:
            x = x[:, :, :width]
        return x.permute(0, 3, 1, 2)

    def mask(self, shape: torch.Size) -> Tensor | None:
        """What is added to each window's scores, (B * windows, 1, 1, H * s).

        None if it is known that there is no padding.
        """
        batch, _, height, width = shape
        penalty = self._penalty(width)
        if penalty is None:
            return None
        penalty = (
            penalty[:, None]
            .expand(-1, height, -1)
            .reshape(-1, height * self.window_size)
        )  # n, H * s
        return for_each_image(penalty, batch)


def for_each_image(mask: Tensor, batch: int) -> Tensor:
    """Repeats a mask of windows (n, keys) for images, as (B * n, 1, 1, keys)."""
    n, keys = mask.shape
    return mask.expand(batch, n, keys).reshape(batch * n, 1, 1, keys)
