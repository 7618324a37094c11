"""Augmented cross-shaped local self-attention, HRViTAttn (Eqs. 1 and 2)."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .depthwise import depthwise_conv


def row_attention(q: Tensor, k: Tensor, v: Tensor, rows: int, head_dim: int) -> Tensor:
    """Multi-head attention within windows of ``rows`` whole rows (Eq. 2).

    Args:
        q (Tensor): Queries (B, H, W, C) with H a multiple of ``rows``.
        k (Tensor): Keys, of the same shape.
        v (Tensor): Values, of the same shape.
        rows (int): Height of a window.
        head_dim (int): Channels of a head, d_k.

    Returns:
        Tensor: (B, H, W, C).
    """
    batch, height, width, channels = q.shape
    shape = batch * height // rows, rows * width, channels // head_dim, head_dim
    q, k, v = (x.reshape(shape).transpose(1, 2) for x in (q, k, v))
    z = F.scaled_dot_product_attention(q, k, v)  # B * windows, heads, rows * W, d_k
    return z.transpose(1, 2).reshape(batch, height, width, channels)


def horizontal_attention(
    q: Tensor, k: Tensor, v: Tensor, window_size: int, head_dim: int
) -> Tensor:
    """Attention within windows of s x W; the last one may have fewer rows (H-Attn).

    The paper pads a short window with zeros and masks them (Figure 2b). This equals
    attention within the existing part of the window.

    Args:
        q (Tensor): Queries (B, H, W, C).
        k (Tensor): Keys, of the same shape.
        v (Tensor): Values, of the same shape.
        window_size (int): Height s of a window.
        head_dim (int): Channels of a head, d_k.

    Returns:
        Tensor: (B, H, W, C).
    """
    rest = q.shape[1] % window_size
    full = q.shape[1] - rest
    if rest == 0:
        return row_attention(q, k, v, window_size, head_dim)
    last = row_attention(*(x[:, full:] for x in (q, k, v)), rest, head_dim)
    if full == 0:
        return last
    first = row_attention(*(x[:, :full] for x in (q, k, v)), window_size, head_dim)
    return torch.cat([first, last], dim=1)


def cross_shaped_attention(
    q: Tensor, k: Tensor, v: Tensor, window_size: int, head_dim: int
) -> Tensor:
    """H-Attn on the first half of the channels, V-Attn on the second (Eq. 1).

    Args:
        q (Tensor): Queries (B, H, W, C).
        k (Tensor): Keys, of the same shape.
        v (Tensor): Values, of the same shape.
        window_size (int): The short side s of a window.
        head_dim (int): Channels of a head, d_k.

    Returns:
        Tensor: (B, H, W, C).
    """
    rows, columns = zip(*(x.chunk(2, dim=-1) for x in (q, k, v)), strict=True)
    horizontal = horizontal_attention(*rows, window_size, head_dim)
    turned = (x.transpose(1, 2) for x in columns)  # B, W, H, C / 2
    vertical = horizontal_attention(*turned, window_size, head_dim).transpose(1, 2)
    return torch.cat([horizontal, vertical], dim=-1)


class CrossShapedAttention(BaseModule):
    """HRViTAttn: cross-shaped attention with a parallel convolution.

    One projection is both key and value. A depth-wise convolution of Hardswish(V) over
    the whole map is added to the output of attention; Hardswish, the output projection
    and a BatchNorm follow. The BatchNorm starts at zero, so at first only the shortcuts
    of a block add to its input.

    Args:
        channels (int): Channels C of a token.
        head_dim (int): Channels of a head, d_k; scores are divided by its root.
        window_size (int): Window size s, in tokens.
        share_key_value (bool): Key and value are one projection (Eq. 2), or two.
            Defaults to True.
        parallel_conv (bool): Add the convolution. Defaults to True.
        extra_nonlinearity (bool): Hardswish and BatchNorm at the output projection.
            Defaults to True.
        norm_cfg (dict): Config of the BatchNorm. Defaults to ``dict(type='BN')``.

    Raises:
        InputError: If half of the channels do not divide into heads.
    """

    def __init__(
        self,
        channels: int,
        head_dim: int,
        window_size: int,
        share_key_value: bool = True,
        parallel_conv: bool = True,
        extra_nonlinearity: bool = True,
        norm_cfg: dict = dict(type='BN'),  # noqa: B006
    ) -> None:
        super().__init__(dict(type='Constant', val=0, override=dict(name='bn')))
        if channels % (2 * head_dim):
            raise InputError(
                f'{channels} channels cannot be split into two halves of heads of '
                f'{head_dim}: change channels or head_dims of the arch'
            )
        self.head_dim = head_dim
        self.window_size = window_size
        self.share_key_value = share_key_value
        if share_key_value:
            self.qv = nn.Linear(channels, 2 * channels)
        else:
            self.qkv = nn.Linear(channels, 3 * channels)
        self.conv_act = nn.Hardswish()
        self.parallel_conv = depthwise_conv(channels, 3) if parallel_conv else None
        self.act = nn.Hardswish() if extra_nonlinearity else nn.Identity()
        self.proj = nn.Linear(channels, channels)
        self.bn = (
            build_norm_layer(norm_cfg, channels)[1]
            if extra_nonlinearity
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        q, k, v = self.project(x)  # each B, H, W, C
        z = self.attend(q, k, v)
        if self.parallel_conv is not None:
            local = self.parallel_conv(self.conv_act(v).permute(0, 3, 1, 2))
            z = z + local.permute(0, 2, 3, 1)
        z = self.proj(self.act(z)).permute(0, 3, 1, 2)  # B, C, H, W
        return self.bn(z).permute(0, 2, 3, 1)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention within cross-shaped windows; all maps are (B, H, W, C)."""
        return cross_shaped_attention(q, k, v, self.window_size, self.head_dim)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Projects tokens (B, H, W, C) to queries, keys and values, each the same."""
        if not self.share_key_value:
            return self.qkv(x).chunk(3, dim=-1)
        q, v = self.qv(x).chunk(2, dim=-1)
        return q, v, v
