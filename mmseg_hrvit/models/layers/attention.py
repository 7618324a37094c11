"""Augmented cross-shaped local self-attention, HRViTAttn (Eqs. 1 and 2)."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from torch import Tensor
from torch.nn.utils.fusion import fuse_linear_bn_eval

from mmseg_hrvit.errors import InputError

from .layout import channels_first, channels_last
from .linear import Linear
from .options import BranchSpec, Options
from .recompute import light_memory


def attend(q: Tensor, k: Tensor, v: Tensor, rows: int, head_dim: int) -> Tensor:
    """Multi-head attention within windows of ``rows`` whole rows.

    Args:
        q (Tensor): Queries (B, H, W, C) with H a multiple of ``rows``.
        k (Tensor): Keys, as the queries.
        v (Tensor): Values, as the queries.
        rows (int): Height of a window.
        head_dim (int): Channels of a head, d_k; scores are scaled by its root.

    Returns:
        Tensor: (B, H, W, C).
    """
    batch, height, width, channels = q.shape
    windows = batch * (height // rows)

    def split(x: Tensor) -> Tensor:
        x = x.reshape(windows, rows * width, channels // head_dim, head_dim)
        return x.transpose(1, 2)  # windows, heads, rows * W, d_k

    z = F.scaled_dot_product_attention(split(q), split(k), split(v))
    return z.transpose(1, 2).reshape(batch, height, width, channels)


def horizontal_attention(
    q: Tensor, k: Tensor, v: Tensor, window_size: int, head_dim: int
) -> Tensor:
    """Attention within windows of ``window_size`` x W, the last one maybe shorter.

    A short window by itself is the paper's padded and masked one (Figure 2b): a
    padded key has no weight, and a padded row is cut off.

    Args:
        q (Tensor): Queries (B, H, W, C).
        k (Tensor): Keys, as the queries.
        v (Tensor): Values, as the queries.
        window_size (int): Height s of a window.
        head_dim (int): Channels of a head, d_k.

    Returns:
        Tensor: (B, H, W, C).
    """
    height = q.shape[1]
    rest = height % window_size
    full = height - rest
    if rest == 0:
        return attend(q, k, v, window_size, head_dim)
    last = attend(q[:, full:], k[:, full:], v[:, full:], rest, head_dim)
    if full == 0:
        return last
    first = attend(q[:, :full], k[:, :full], v[:, :full], window_size, head_dim)
    return torch.cat([first, last], dim=1)


def cross_shaped_attention(
    q: Tensor, k: Tensor, v: Tensor, window_size: int, head_dim: int
) -> Tensor:
    """Attends in s x W windows on half of the channels, in H x s on the others.

    Args:
        q (Tensor): Queries (B, H, W, C).
        k (Tensor): Keys, as the queries.
        v (Tensor): Values, as the queries.
        window_size (int): The short side s of a window.
        head_dim (int): Channels of a head, d_k.

    Returns:
        Tensor: (B, H, W, C).
    """
    rows, columns = zip(*(x.chunk(2, dim=-1) for x in (q, k, v)), strict=True)
    horizontal = horizontal_attention(*rows, window_size, head_dim)
    turned = (x.transpose(1, 2) for x in columns)  # B, W, H, C / 2
    vertical = horizontal_attention(*turned, window_size, head_dim)
    return torch.cat([horizontal, vertical.transpose(1, 2)], dim=-1)


class CrossShapedAttention(nn.Module):
    """HRViTAttn: cross-shaped attention with a parallel convolution path.

    Key and value are one projection (Eq. 2); a depth-wise convolution of
    Hardswish(V) over the whole map is added to the attention's output;
    Hardswish, the output projection and a BatchNorm that starts at zero follow.

    Args:
        spec (BranchSpec): Sizes of the branch.
        options (Options): ``share_key_value``, ``parallel_conv``,
            ``extra_nonlinearity`` and ``norm_cfg`` are read.

    Raises:
        InputError: If half of the channels do not divide into heads.
    """

    def __init__(self, spec: BranchSpec, options: Options) -> None:
        super().__init__()
        channels = spec.channels
        if channels % (2 * spec.head_dim):
            raise InputError(
                f'{channels} channels do not make two halves of heads of '
                f'{spec.head_dim}: change channels or head_dims of the arch'
            )
        self.head_dim = spec.head_dim
        self.window_size = spec.window_size
        self.share_key_value = options.share_key_value
        if self.share_key_value:
            self.qv = Linear(channels, 2 * channels)
        else:
            self.qkv = Linear(channels, 3 * channels)
        self.parallel_conv = (
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
            if options.parallel_conv
            else None
        )
        self.proj = Linear(channels, channels)
        if options.extra_nonlinearity:
            self.act = nn.Hardswish()
            self.bn = build_norm_layer(options.norm_cfg, channels)[1]
        else:
            self.act = nn.Identity()
            self.bn = None
        self.init_weights()

    def init_weights(self) -> None:
        """Zeroes the BatchNorm: at the start only the shortcuts add to x."""
        if self.bn is not None:
            nn.init.zeros_(self.bn.weight)
            nn.init.zeros_(self.bn.bias)

    def project(self, x: Tensor, norm: nn.Module) -> tuple[Tensor, Tensor, Tensor]:
        """Projects tokens, after ``norm``, to query, key and value (B, H, W, C)."""
        linear = self.qv if self.share_key_value else self.qkv
        x = light_memory(norm, linear, x)  # B, H, W, 2C or 3C
        if not self.share_key_value:
            return x.chunk(3, dim=-1)
        q, v = x.chunk(2, dim=-1)
        return q, v, v

    def forward(self, x: Tensor, norm: nn.Module) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C), after ``norm``."""
        q, k, v = self.project(x, norm)
        z = cross_shaped_attention(q, k, v, self.window_size, self.head_dim)
        if self.parallel_conv is not None:
            z = z + light_memory(F.hardswish, self._convolve, v)
        z = light_memory(self.act, self.proj, z)
        if self.bn is not None:
            z = channels_last(self.bn(channels_first(z)))
        return z

    def switch_to_deploy(self) -> None:
        """Folds the BatchNorm into the output projection."""
        if self.bn is not None:
            self.proj = fuse_linear_bn_eval(self.proj, self.bn)
            self.bn = None

    def _convolve(self, v: Tensor) -> Tensor:
        return channels_last(self.parallel_conv(channels_first(v)))
