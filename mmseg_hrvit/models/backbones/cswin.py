"""CSWin Transformer, a baseline of Tables 4 and 9.

Written from its paper (https://arxiv.org/abs/2107.00652).
"""

from collections.abc import Sequence

import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmengine.registry import MODELS
from torch import Tensor

from mmseg_hrvit.errors import InputError

from ..checks import check_size, check_whole, check_wholes
from ..layers import CSWinBlock
from .common import (
    PretrainedMixin,
    check_arguments,
    split_drop_path_rates,
    take_pretrained,
)

# `ti` is CSWin-T with 32 instead of 64 channels (Table 4).
ARCHS = dict(
    ti=dict(embed_dims=32, depths=(1, 2, 21, 1)),
    t=dict(embed_dims=64, depths=(1, 2, 21, 1)),
    s=dict(embed_dims=64, depths=(2, 4, 32, 2)),
)
NUM_HEADS = (2, 4, 8, 16)
WINDOW_SIZES = (1, 2, 7, None)  # the last stage attends to the whole map
MLP_RATIO = 4


class ConvEmbed(nn.Module):
    """A strided convolution, then LayerNorm.

    Args:
        in_channels (int): Channels of the map.
        out_channels (int): Channels of the tokens.
        kernel_size (int): Size of the kernel.
        stride (int): Stride, and the factor by which the map shrinks.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int
    ) -> None:
        super().__init__()
        self.stride = stride
        # (kernel - stride) / 2 rounded up: what the public weights were trained with.
        padding = (kernel_size - stride + 1) // 2
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding
        )
        self.norm = nn.LayerNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to tokens (B, H / stride, W / stride, C).

        Sizes are rounded up: the map is padded with zeros at the right and bottom.
        """
        height, width = x.shape[2:]
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride))
        return self.norm(self.conv(x).permute(0, 2, 3, 1))


class CSWinStage(nn.Module):
    """One resolution: embedding, blocks, and a LayerNorm for its output.

    Args:
        embed (ConvEmbed): Leads to this resolution.
        blocks (Sequence[CSWinBlock]): The blocks.
        norm (nn.Module): Of the map that is returned; the next stage takes the map
            before it.
    """

    def __init__(
        self, embed: ConvEmbed, blocks: Sequence[CSWinBlock], norm: nn.Module
    ) -> None:
        super().__init__()
        self.embed = embed
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (B, in_channels, H, W) to the next stage's input and the output.

        Both are (B, C, H / stride, W / stride), sizes rounded up.
        """
        x = self.embed(x)  # B, H, W, C
        for block in self.blocks:
            x = block(x)
        return x.permute(0, 3, 1, 2), self.norm(x).permute(0, 3, 1, 2)


@MODELS.register_module()
class CSWin(PretrainedMixin, BaseModule):
    """CSWin Transformer backbone.

    Four stages work one after the other at 1/4 to 1/32 of the image's size. Any
    image size works.

    As in Swin's segmentation networks, each output ends with a LayerNorm. The public
    ImageNet weights contain only the last of these norms.

    Args:
        arch (str | dict): 'ti', 't' or 's', or a dict with ``embed_dims``, the
            channels of the first stage, and ``depths``, the blocks of each of the
            four stages. Defaults to 't'.
        in_channels (int): Channels of the image. Defaults to 3.
        out_indices (Sequence[int]): The stages that are returned; those after the
            last are not built. Defaults to (0, 1, 2, 3).
        drop_path_rate (float): Rate of the deepest block (Stochastic Depth); it
            grows linearly from 0. Defaults to 0.0.
        pretrained (str, optional): A checkpoint of a segmentor, or converted
            weights.
        init_cfg (dict | list[dict], optional): Initialisation. By default linear
            weights are drawn with a standard deviation of 0.02.

    Raises:
        InputError: If ``arch`` or another argument does not make a network.
    """

    def __init__(
        self,
        arch: str | dict = 't',
        in_channels: int = 3,
        out_indices: Sequence[int] = (0, 1, 2, 3),
        drop_path_rate: float = 0.0,
        pretrained: str | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        init_cfg, pretrained = take_pretrained(init_cfg, pretrained)
        super().__init__(init_cfg)
        embed_dims, depths = read_arch(arch)
        check_arguments(in_channels, out_indices, drop_path_rate, len(depths))
        self.pretrained = pretrained
        self.out_indices = tuple(out_indices)
        channels = [embed_dims * 2**i for i in range(len(depths))]
        # Attention has 4 weights a channel squared, the feed-forward network 2 x ratio.
        weights = [
            n * (4 + 2 * MLP_RATIO) * c**2
            for n, c in zip(depths, channels, strict=True)
        ]
        check_size(sum(weights))
        self.out_channels = [channels[i] for i in out_indices]
        rates = split_drop_path_rates(drop_path_rate, [[depth] for depth in depths])
        self.stages = nn.ModuleList()
        for i in range(max(out_indices) + 1):
            blocks = [
                CSWinBlock(channels[i], NUM_HEADS[i], WINDOW_SIZES[i], MLP_RATIO, rate)
                for rate in rates[i]
            ]
            embed = (
                ConvEmbed(channels[i - 1], channels[i], kernel_size=3, stride=2)
                if i
                else ConvEmbed(in_channels, channels[i], kernel_size=7, stride=4)
            )
            is_output = i in out_indices
            norm = nn.LayerNorm(channels[i]) if is_output else nn.Identity()
            self.stages.append(CSWinStage(embed, blocks, norm))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Extracts multi-scale features.

        Args:
            x (Tensor): Images (B, in_channels, H, W).

        Returns:
            tuple[Tensor, ...]: For each i of ``out_indices`` a map
            (B, C_i, H / 2^(i + 2), W / 2^(i + 2)), sizes rounded up.
        """
        outputs = []
        for stage in self.stages:
            x, output = stage(x)
            outputs.append(output)
        return tuple(outputs[i] for i in self.out_indices)


def read_arch(arch: str | dict) -> tuple[int, Sequence[int]]:
    """Reads a variant.

    Args:
        arch (str | dict): A name of ``ARCHS``, or a dict with the same keys.

    Returns:
        tuple[int, Sequence[int]]: Channels of the first stage, and the blocks of
        each stage.

    Raises:
        InputError: If the variant is unknown or not four stages.
    """
    arch = ARCHS.get(arch, arch) if isinstance(arch, str) else arch
    if not isinstance(arch, dict):
        raise InputError(
            f'arch={arch!r} is unknown: choose one of {", ".join(ARCHS)}, or give a '
            'dict with embed_dims, depths'
        )
    if set(arch) != {'embed_dims', 'depths'}:
        raise InputError(f'arch needs the keys embed_dims, depths; got {dict(arch)}')
    check_whole('embed_dims of the arch', arch['embed_dims'])
    check_wholes('depths of the arch', arch['depths'], len(NUM_HEADS), 'stage')
    return arch['embed_dims'], arch['depths']
