"""Cross-shaped attention on maps."""

from collections.abc import Sequence

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from mmseg_hrvit.errors import InputError

from ...layers import CrossShapedAttention
from .convs import conv1x1, part_of_depthwise
from .windows import ColumnWindows, RowWindows


class HalfAttention(nn.Module):
    """One half of the channels: its attention, and its share of the projection.

    The halves meet only in the output projection, which is a sum over channels.
    So each has its own convolutions, and no map is split or concatenated.

    Args:
        attn (CrossShapedAttention): The layer.
        part (slice): The channels of this half.
        windows (RowWindows): How the map is cut into windows.
    """

    def __init__(
        self, attn: CrossShapedAttention, part: slice, windows: RowWindows
    ) -> None:
        super().__init__()
        self.windows = windows
        (q, q_bias), *keys, (v, v_bias) = read_projections(attn)
        scale = attn.head_dim**-0.5  # of the scores, on the smaller factor
        self.q = conv1x1(q[part] * scale, q_bias[part] * scale)
        self.k = conv1x1(keys[0][0][part], keys[0][1][part]) if keys else None
        self.v = conv1x1(v[part], v_bias[part])
        self.local = (
            part_of_depthwise(attn.parallel_conv, part)
            if attn.parallel_conv is not None
            else None
        )
        self.act = attn.act
        bias = attn.proj.bias if part.start == 0 else None  # added once
        self.proj = conv1x1(attn.proj.weight[:, part], bias)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Maps (B, C, H, W), of that mask, to a part of the sum, (B, C, H, W)."""
        v = self.v(x)  # B, C / 2, H, W
        keys = [] if self.k is None else [self.k(x)]
        z = self.windows.attend([self.q(x), v, *keys], mask)
        if self.local is not None:
            z = z + self.local(F.hardswish(v))
        return self.proj(self.act(z))


class MapAttention(nn.Module):
    """HRViTAttn (Eqs. 1 and 2) on maps.

    Args:
        attn (CrossShapedAttention): The layer, its BatchNorm folded.

    Raises:
        InputError: If it has a norm that cannot be folded.
    """

    def __init__(self, attn: CrossShapedAttention) -> None:
        super().__init__()
        if not isinstance(attn.bn, nn.Identity):
            raise InputError(
                f'{type(attn.bn).__name__} after attention cannot be folded for '
                'inference engines: train with a BatchNorm as norm_cfg'
            )
        channels = attn.proj.in_features
        sizes = attn.window_size, attn.head_dim
        rows, columns = slice(0, channels // 2), slice(channels // 2, channels)
        self.rows = HalfAttention(attn, rows, RowWindows(*sizes))
        self.columns = HalfAttention(attn, columns, ColumnWindows(*sizes))

    def masks(self, x: Tensor) -> list[Tensor | None]:
        """Makes the masks that maps of the size of x need, of rows and of columns."""
        return [half.windows.mask(x) for half in (self.rows, self.columns)]

    def forward(self, x: Tensor, masks: Sequence[Tensor | None]) -> list[Tensor]:
        """Maps (B, C, H, W), of these masks, to the terms of a sum, (B, C, H, W)."""
        return [self.rows(x, masks[0]), self.columns(x, masks[1])]


def read_projections(attn: CrossShapedAttention) -> list[tuple[Tensor, Tensor]]:
    """Returns weight and bias of query, key (if it has its own) and value."""
    linear, parts = (attn.qv, 2) if attn.share_key_value else (attn.qkv, 3)
    return list(zip(linear.weight.chunk(parts), linear.bias.chunk(parts), strict=True))
