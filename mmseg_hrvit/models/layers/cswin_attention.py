"""Attention in CSWin's windows, and its positions (https://arxiv.org/abs/2107.00652)."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .attention import cross_shaped_attention, row_attention
from .depthwise import depthwise_conv


def convolve_windows(
    conv: nn.Module, x: Tensor, window_height: int, window_width: int
) -> Tensor:
    """Convolves within windows: beyond the border of each there are zeros.

    Args:
        conv (nn.Module): A convolution that keeps the size.
        x (Tensor): Tokens (B, H, W, C).
        window_height (int): Rows of a window; the last one may have fewer.
        window_width (int): Columns of a window; the last one may have fewer.

    Returns:
        Tensor: (B, H, W, C).
    """
    height, width = x.shape[1:3]
    x = F.pad(x, (0, 0, 0, -width % window_width, 0, -height % window_height))
    x = x.unflatten(2, (-1, window_width)).unflatten(1, (-1, window_height))
    x = x.transpose(2, 3)  # B, rows of windows, columns of windows, h, w, C
    windows = x.flatten(0, 2).permute(0, 3, 1, 2)
    x = conv(windows).permute(0, 2, 3, 1).unflatten(0, x.shape[:3])
    x = x.transpose(2, 3).flatten(3, 4).flatten(1, 2)  # B, padded H and W, C
    return x[:, :height, :width]


class CSWinAttention(nn.Module):
    """Attention in cross-shaped windows, with locally enhanced positions (LePE).

    The first half of the heads attends in H x s windows, the second in s x W
    windows. A 3x3 depth-wise convolution of the values, within the same windows,
    is added. A short last window is a separate window, as in HRViT.

    Args:
        channels (int): Channels C of a token.
        num_heads (int): Number of heads.
        window_size (int, optional): The short side s of a window; None: all heads
            attend to the whole map.

    Raises:
        InputError: If the channels do not divide into two halves of heads.
    """

    def __init__(self, channels: int, num_heads: int, window_size: int | None) -> None:
        super().__init__()
        halves = 1 if window_size is None else 2
        if channels % num_heads or num_heads % halves:
            raise InputError(
                f'{channels} channels and {num_heads} heads: the heads need the same '
                'number of channels each, and cross-shaped windows an even number of '
                'heads; change num_heads'
            )
        self.head_dim = channels // num_heads
        self.window_size = window_size
        self.qkv = nn.Linear(channels, 3 * channels)
        part = channels // halves
        self.lepe = nn.ModuleList(depthwise_conv(part, 3) for _ in range(halves))
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        if self.window_size is None:
            z = row_attention(q, k, v, q.shape[1], self.head_dim)
        else:
            # Turned: HRViT's first half of the channels has the s x W windows.
            turned = (x.transpose(1, 2) for x in (q, k, v))  # B, W, H, C
            z = self.attend(*turned).transpose(1, 2)
        return self.proj(z + self._enhance_positions(v))

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention within cross-shaped windows; all maps are (B, W, H, C)."""
        return cross_shaped_attention(q, k, v, self.window_size, self.head_dim)

    def _enhance_positions(self, v: Tensor) -> Tensor:
        height, width = v.shape[1:3]
        if self.window_size is None:
            windows = [(height, width)]
        else:
            windows = [(height, self.window_size), (self.window_size, width)]
        parts = zip(self.lepe, v.chunk(len(windows), dim=-1), windows, strict=True)
        return torch.cat(
            [convolve_windows(conv, part, *window) for conv, part, window in parts],
            dim=-1,
        )
