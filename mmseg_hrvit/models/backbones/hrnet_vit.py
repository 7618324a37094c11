"""Vanilla HRNet-ViT, the baselines of Table 6: HRNetV2 of MiT or CSWin blocks."""

from collections.abc import Callable, Sequence
from functools import partial

import torch.nn as nn
from mmengine.model import Sequential
from mmengine.registry import MODELS
from mmseg.models.backbones import HRNet
from mmseg.models.backbones.hrnet import HRModule
from mmseg.models.backbones.mit import TransformerEncoderLayer
from torch import Tensor
from typing_extensions import Self

from mmseg_hrvit.errors import InputError

from ..checks import check_norm, check_rate, check_size, check_whole
from ..layers import ConvPatchEmbed, CSWinBlock
from ..layers.depthwise import with_channels_last
from .common import (
    DEFAULT_INIT,
    PretrainedMixin,
    split_drop_path_rates,
    take_pretrained,
)
from .cswin import NUM_HEADS, WINDOW_SIZES

NUM_MODULES = (1, 4, 3)  # of the stages with 2, 3 and 4 branches
NUM_BLOCKS = 4
MLP_RATIO = 4
SR_RATIOS = (8, 4, 2, 1)  # MiT's spatial reduction of keys and values
# HRNet's convolutions; linear layers and norms as in HRViT.
INIT = [dict(type='Kaiming', layer='Conv2d'), *DEFAULT_INIT]


class MiTBlock(nn.Module):
    """mmseg's MiT layer, with a depth-wise spatial reduction.

    Args:
        channels (int): Channels C of a token.
        num_heads (int): Number of heads.
        sr_ratio (int): Keys and values are reduced by this factor in height and
            width.
        mlp_ratio (int): Expansion ratio of the feed-forward network.
        drop_path_rate (float): Rate at which a sample skips a residual.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        sr_ratio: int,
        mlp_ratio: int,
        drop_path_rate: float,
    ) -> None:
        super().__init__()
        self.layer = TransformerEncoderLayer(
            channels,
            num_heads,
            mlp_ratio * channels,
            drop_path_rate=drop_path_rate,
            norm_cfg=dict(type='LN', eps=1e-6),
            sr_ratio=sr_ratio,
        )
        if sr_ratio > 1:
            self.layer.attn.sr = nn.Conv2d(
                channels, channels, sr_ratio, stride=sr_ratio, groups=channels
            )
        for module in self.layer.modules():
            if isinstance(module, nn.Conv2d):
                with_channels_last(module)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens (B, H, W, C) to (B, H, W, C)."""
        size = x.shape[1:3]
        return self.layer(x.flatten(1, 2), size).unflatten(1, size)


def build_mit_block(branch: int, channels: int, drop_path_rate: float) -> MiTBlock:
    """Builds a block as in MiT's stage at the branch's resolution."""
    return MiTBlock(channels, 2**branch, SR_RATIOS[branch], MLP_RATIO, drop_path_rate)


def build_cswin_block(branch: int, channels: int, drop_path_rate: float) -> CSWinBlock:
    """Builds a block as in CSWin's stage at the branch's resolution."""
    heads, window_size = NUM_HEADS[branch], WINDOW_SIZES[branch]
    return CSWinBlock(channels, heads, window_size, MLP_RATIO, drop_path_rate)


BLOCKS = dict(mit=build_mit_block, cswin=build_cswin_block)


class TransformerBranch(nn.Module):
    """A convolutional patch embedding, then Transformer blocks.

    Args:
        channels (int): Channels C of the map.
        blocks (Sequence[nn.Module]): Blocks of tokens (B, H, W, C).
    """

    def __init__(self, channels: int, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.patch_embed = ConvPatchEmbed(channels, channels)
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, C, H, W)."""
        return self.blocks(self.patch_embed(x)).permute(0, 3, 1, 2)


class TransformerModule(HRModule):
    """A module of HRNet, its fusion included, with other branches.

    Its ``blocks`` are called as ``blocks(branch_index, channels)`` and return a
    branch.
    """

    def _make_one_branch(
        self, branch_index, block, num_blocks, num_channels, stride=1
    ) -> nn.Module:
        return block(branch_index, num_channels[branch_index])


@MODELS.register_module()
class HRNetViT(PretrainedMixin, HRNet):
    """HRNetV2 whose residual blocks are Transformer blocks (section 3.2, Table 6).

    The paper prints parameters and GFLOPs and says that residual blocks are replaced
    directly. These assumptions reproduce its figures:

    - Everything else is as in HRNetV2: stem, four bottlenecks in the first stage,
      transitions, fusion, and 1, 4 and 3 modules with four blocks in each branch.
    - A branch of a module starts with a 3x3 convolution and LayerNorm, the patch
      embedding in Table 5's row without the efficient one. (Without it there are
      10 % fewer parameters than printed.)
    - Blocks are those of MiT (reduction 8-4-2-1, 1-2-4-8 heads) and CSWin (windows
      1-2-7 and the whole map, 2-4-8-16 heads), the feed-forward network four times
      as wide as the token.
    - MiT's spatial reduction is depth-wise. As a full convolution it would add more
      than 20 % to the parameters, and with the square of the width; the paper's
      MiT rows have 0.3, 0.5 and 0.6 million more than CSWin's.
    - The SegFormer head has 256 channels for widths 18 and 32, and 768 for 40.
    - The GFLOPs of the MiT rows count both matrix products of attention, as those of
      all other MiT rows in the paper do, and the CSWin rows one. (Counted with one,
      MiT's would ask for a reduction such as 8-2-1-1.)

    Args:
        width (int): Channels of the first branch: 18, 32 or 40 in the paper; branch
            i has ``width * 2**i``. Defaults to 18.
        block (str): 'mit' or 'cswin'. Defaults to 'mit'.
        in_channels (int): Channels of the image. Defaults to 3.
        drop_path_rate (float): Rate of the deepest block (Stochastic Depth); it
            grows linearly from 0. Defaults to 0.0.
        norm_cfg (dict): Config of the BatchNorm layers. Defaults to
            ``dict(type='BN')``.
        pretrained (str, optional): A checkpoint with this backbone in it.
        init_cfg (dict | list[dict], optional): Initialisation, instead of HRNet's for
            convolutions and HRViT's for the rest.

    Raises:
        InputError: If ``block`` is unknown or the width does not divide into heads.
    """

    def __init__(
        self,
        width: int = 18,
        block: str = 'mit',
        in_channels: int = 3,
        drop_path_rate: float = 0.0,
        norm_cfg: dict = dict(type='BN'),  # noqa: B006
        pretrained: str | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if not isinstance(block, str) or block not in BLOCKS:
            known = ' or '.join(repr(name) for name in BLOCKS)
            raise InputError(f'block={block!r} is unknown: choose {known}')
        check_whole('width', width)
        check_whole('in_channels', in_channels)
        check_rate('drop_path_rate', drop_path_rate)
        channels = [width * 2**i for i in range(len(SR_RATIOS))]
        check_norm(norm_cfg, [64, 256, *channels])  # 64 and 256: the stem's stage
        check_size(count_weights(channels))
        init_cfg, pretrained = take_pretrained(init_cfg, pretrained, INIT)
        super().__init__(
            describe_stages(width, BLOCKS[block], drop_path_rate),
            in_channels=in_channels,
            norm_cfg=norm_cfg,
            init_cfg=init_cfg,
        )
        self.pretrained = pretrained
        self.out_channels = list(self.stage4_cfg['num_channels'])

    def train(self, mode: bool = True) -> Self:
        """Sets the mode; mmseg's HRNet returns nothing."""
        super().train(mode)
        return self

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Extracts multi-scale features.

        Args:
            x (Tensor): Images (B, in_channels, H, W).

        Returns:
            tuple[Tensor, ...]: Four maps (B, C_i, H / 2^(i + 2), W / 2^(i + 2)),
            sizes rounded up.
        """
        return tuple(super().forward(x))

    def _make_stage(
        self, layer_config: dict, in_channels: list[int], multiscale_output: bool = True
    ) -> tuple[Sequential, list[int]]:
        modules = [
            TransformerModule(
                layer_config['num_branches'],
                build_branch,
                layer_config['num_blocks'],
                in_channels,
                layer_config['num_channels'],
                multiscale_output,
                norm_cfg=self.norm_cfg,
            )
            for build_branch in layer_config['branch_builders']
        ]
        return Sequential(*modules), in_channels


def count_weights(channels: Sequence[int]) -> int:
    """Counts the weights of all blocks' linear layers, given each branch's channels."""
    return sum(
        sum(NUM_MODULES[max(branch - 1, 0) :]) * NUM_BLOCKS * (4 + 2 * MLP_RATIO) * c**2
        for branch, c in enumerate(channels)
    )


def describe_stages(
    width: int, build_block: Callable[..., nn.Module], drop_path_rate: float
) -> dict[str, dict]:
    """Describes the stages as HRNet's ``extra``.

    Args:
        width (int): Channels of the first branch.
        build_block (Callable[..., nn.Module]): A function of ``BLOCKS``.
        drop_path_rate (float): Rate of the last block.

    Returns:
        dict[str, dict]: ``stage1`` to ``stage4``. A stage of Transformers has
        ``branch_builders`` too, a function for each module that builds one of its
        branches.
    """
    rates = split_drop_path_rates(drop_path_rate, [[NUM_BLOCKS]] * sum(NUM_MODULES))
    stages = dict(
        stage1=dict(
            num_modules=1,
            num_branches=1,
            block='BOTTLENECK',
            num_blocks=(4,),
            num_channels=(64,),
        )
    )
    for num_branches, num_modules in enumerate(NUM_MODULES, start=2):
        stages[f'stage{num_branches}'] = dict(
            num_modules=num_modules,
            num_branches=num_branches,
            block='BASIC',  # HRNet reads that it does not widen the channels
            num_blocks=(NUM_BLOCKS,) * num_branches,
            num_channels=tuple(width * 2**i for i in range(num_branches)),
            branch_builders=[
                partial(build_branch, build_block, rates.pop(0))
                for _ in range(num_modules)
            ],
        )
    return stages


def build_branch(
    build_block: Callable[..., nn.Module],
    drop_path_rates: Sequence[float],
    branch: int,
    channels: int,
) -> TransformerBranch:
    """Builds a branch of a module, with a block for each drop-path rate."""
    blocks = [build_block(branch, channels, rate) for rate in drop_path_rates]
    return TransformerBranch(channels, blocks)
