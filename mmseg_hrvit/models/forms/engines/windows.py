"""Attention within windows of whole rows or columns of a map.

If the size of the map is known, attention in a short last window is computed
separately. If the size is open while tracing, the last window is padded to full size
and the padding is masked, as in the paper (Figure 2b).
"""

from collections.abc import Sequence

import torch
from torch import Tensor


class RowWindows:
    """Windows of s whole rows.

    Args:
        window_size (int): Rows s of a window.
        head_dim (int): Channels d of a head.
    """

    dim = 2  # of a map (B, C, H, W): the one that is cut

    def __init__(self, window_size: int, head_dim: int) -> None:
        self.window_size = window_size
        self.head_dim = head_dim

    def mask(self, x: Tensor) -> Tensor | None:
        """Makes the mask that maps need in ``attend``.

        Args:
            x (Tensor): A map (B, C, H, W) of their size.

        Returns:
            Tensor | None: None if the size is known, or windows are never short.
        """
        is_known = isinstance(x.shape[self.dim], int)  # one that is open is no int
        return None if is_known or self.window_size == 1 else self.padding_mask(x)

    def padding_mask(self, x: Tensor) -> Tensor:
        """Minus infinity for what is padded, 0 for others: (B * n, 1, 1, tokens)."""
        padding = self._padding(x.shape[self.dim])
        mask = self.pad(torch.zeros_like(x[:, :1]), padding, -torch.inf)
        return self.split(mask, self.window_size, head_dim=1).transpose(-1, -2)

    def attend(self, maps: Sequence[Tensor], mask: Tensor | None) -> Tensor:
        """Attends within windows.

        Args:
            maps (Sequence[Tensor]): Scaled queries, values, and keys if they differ
                from the values; each (B, C, H, W).
            mask (Tensor, optional): From ``mask``.

        Returns:
            Tensor: (B, C, H, W).
        """
        if mask is None:
            return self._attend_apart(maps).permute(0, 3, 1, 2)
        padding = self._padding(maps[0].shape[self.dim])
        padded = [self.pad(x, padding) for x in maps]
        z = self._attend_full(padded, self.window_size, mask)
        # No slice: torch would not know its size for sure, and take longer to trace.
        return self.pad(z.permute(0, 3, 1, 2), -padding)

    def split(self, x: Tensor, s: int, head_dim: int) -> Tensor:
        """Cuts a map (B, C, n * s, W) into tokens (B * n, heads, s * W, d)."""
        batch, channels, height, width = x.shape
        x = x.permute(0, 2, 3, 1)  # B, H, W, C
        heads = channels // head_dim
        x = x.reshape(batch * (height // s), s * width, heads, head_dim)
        return x.transpose(1, 2)

    def merge(self, x: Tensor, shape: torch.Size, s: int) -> Tensor:
        """Merges the tokens of a map of ``shape`` to (B, n * s, W, C)."""
        batch, channels, height, width = shape
        return x.transpose(1, 2).reshape(batch, height, width, channels)

    def pad(self, x: Tensor, padding: int, value: float = 0) -> Tensor:
        """Adds rows at the end of a map; removes them if ``padding`` is negative."""
        return torch.constant_pad_nd(x, [0, 0, 0, padding], value)

    def _padding(self, size: int) -> int:
        s = self.window_size
        return (size + s - 1) // s * s - size  # engines know no remainder

    def _attend_apart(self, maps: Sequence[Tensor]) -> Tensor:
        size, s = maps[0].shape[self.dim], self.window_size
        rest = size % s
        if rest in (0, size):
            return self._attend_full(maps, rest or s)
        parts = (x.split([size - rest, rest], self.dim) for x in maps)
        first, last = zip(*parts, strict=True)
        outputs = self._attend_full(first, s), self._attend_full(last, rest)
        return torch.cat(outputs, self.dim - 1)  # B, H, W, C

    def _attend_full(
        self, maps: Sequence[Tensor], s: int, mask: Tensor | None = None
    ) -> Tensor:
        tokens = [self.split(x, s, self.head_dim) for x in maps]
        return self.merge(attend(*tokens, mask=mask), maps[0].shape, s)  # B, H, W, C


class ColumnWindows(RowWindows):
    """Windows of s whole columns.

    Args:
        window_size (int): Columns s of a window.
        head_dim (int): Channels d of a head.
    """

    dim = 3

    def split(self, x: Tensor, s: int, head_dim: int) -> Tensor:
        """Cuts a map (B, C, H, n * s) into tokens (B * n, heads, H * s, d)."""
        batch, channels, height, width = x.shape
        n, heads = width // s, channels // head_dim
        x = x.permute(0, 2, 3, 1).reshape(batch, height, n, s, heads, head_dim)
        x = x.permute(0, 2, 4, 1, 3, 5)  # B, n, heads, H, s, d
        return x.reshape(batch * n, heads, height * s, head_dim)

    def merge(self, x: Tensor, shape: torch.Size, s: int) -> Tensor:
        """Merges the tokens of a map of ``shape`` to (B, H, n * s, C)."""
        batch, channels, height, width = shape
        n, heads = width // s, channels // self.head_dim
        x = x.reshape(batch, n, heads, height, s, self.head_dim)
        x = x.permute(0, 3, 1, 4, 2, 5)  # B, H, n, s, heads, d
        return x.reshape(batch, height, width, channels)

    def pad(self, x: Tensor, padding: int, value: float = 0) -> Tensor:
        """Adds columns at the end of a map, or removes them."""
        return torch.constant_pad_nd(x, [0, padding], value)


def attend(
    q: Tensor, v: Tensor, k: Tensor | None = None, mask: Tensor | None = None
) -> Tensor:
    """Attends within windows.

    Args:
        q (Tensor): Scaled queries, (B * windows, heads, tokens, d).
        v (Tensor): Values, in the shape of the queries.
        k (Tensor, optional): Keys, in the shape of the queries. Defaults to the values.
        mask (Tensor, optional): Added to the scores, (B * windows, 1, 1, tokens).

    Returns:
        Tensor: In the shape of the queries.
    """
    k = v if k is None else k
    # OpenVINO 2026.4 fuses attention of a single head wrongly at some sizes.
    is_single = q.shape[1] == 1
    if is_single:
        q, k, v = (x.squeeze(1) for x in (q, k, v))
        mask = None if mask is None else mask.squeeze(1)
    scores = q @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    z = scores.softmax(-1) @ v
    return z.unsqueeze(1) if is_single else z
