"""HRViT, the multi-scale high-resolution Vision Transformer (Figure 1, Table 2)."""

from collections.abc import Callable, Sequence
from functools import partial

import torch.nn as nn
from mmengine.model import BaseModule, ModuleDict, ModuleList
from mmengine.registry import MODELS
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from typing_extensions import Self

from mmseg_hrvit.errors import InputError

from ..checks import check_activation, check_norm
from ..forms import convert
from ..layers import (
    FFN,
    Block,
    Branch,
    ConvPatchEmbed,
    CrossResolutionFusion,
    CrossShapedAttention,
    DiversityEnhancedShortcut,
    EfficientPatchEmbed,
    MixCFN,
    Stem,
)
from .arch import BranchSpec, read_arch
from .common import (
    PretrainedMixin,
    check_arguments,
    split_drop_path_rates,
    take_pretrained,
)

STEM_CHANNELS = (32, 64)


class HRViTModule(BaseModule):
    """Cross-resolution fusion, then one branch for each resolution.

    Args:
        fusion (CrossResolutionFusion): Fuses the maps that come in.
        branches (dict[int, Branch]): The branches to compute, by resolution.
    """

    def __init__(
        self, fusion: CrossResolutionFusion, branches: dict[int, Branch]
    ) -> None:
        super().__init__()
        self.fusion = fusion
        self.branches = ModuleDict({str(i): branch for i, branch in branches.items()})

    def forward(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Maps one map per resolution, (B, C_i, H / 2^i, W / 2^i), to the same."""
        fused = self.fusion(inputs)
        return [branch(fused[int(i)]) for i, branch in self.branches.items()]


@MODELS.register_module()
class HRViT(PretrainedMixin, BaseModule):
    """HRViT backbone.

    A stem shrinks the image by 4. Six modules follow, with 1, 2, 3, 3, 4 and 4
    branches: branch i works at 1 / 2^(i + 2) of the image's size (rounded up),
    and every module starts with a fusion of all branches. Any image size works.

    Args:
        arch (str | dict): 'b1', 'b2' or 'b3' (Table 2), or a dict with the keys
            ``channels``, ``depths``, ``window_sizes``, ``mlp_ratios`` and
            ``head_dims``, as in ``ARCHS``. Defaults to 'b1'.
        in_channels (int): Channels of the image. Defaults to 3.
        out_indices (Sequence[int]): The branches of the last module that are returned;
            its other branches are not built. Defaults to (0, 1, 2, 3).
        drop_path_rate (float): Rate of the deepest block (Stochastic Depth); it
            grows linearly from 0. Defaults to 0.0.
        window_sizes (Sequence[int], optional): Replaces that of the arch (Table 7).
        depths (Sequence[Sequence[int]], optional): Replaces that of the arch (Table 8).
        share_key_value (bool): Key and value share one projection (Eq. 2); otherwise
            each has its own. Defaults to True.
        efficient_patch_embed (bool): The efficient patch embedding (Eq. 4); otherwise
            a full 3x3 convolution. Defaults to True.
        mixcfn (bool): MixCFN; otherwise a plain feed-forward network. Defaults to True.
        parallel_conv (bool): The attention's convolution path. Defaults to True.
        extra_nonlinearity (bool): The attention's Hardswish and BatchNorm.
            Defaults to True.
        dense_fusion (bool): Every branch is fused with all others; otherwise with its
            neighbours only. Defaults to True.
        des (bool): The diversity-enhanced shortcut (Eq. 3). Defaults to True.
        des_act_cfg (dict): Activation of the DES. The paper has Hardswish;
            weights from the authors' code need ``dict(type='GELU')``. Defaults
            to ``dict(type='HSwish')``.
        norm_cfg (dict): Config of the BatchNorm layers. Defaults to
            ``dict(type='BN')``.
        frozen_stages (int): -1 freezes nothing, 0 the stem, n the stem and the
            modules with up to n branches. Defaults to -1.
        norm_eval (bool): Keep BatchNorm in eval mode while training. Defaults to
            False.
        with_cp (bool): Recompute the blocks in the backward pass to save memory.
            Defaults to False.
        pretrained (str, optional): A checkpoint of an HRViT classifier or
            segmentor, or converted weights.
        init_cfg (dict | list[dict], optional): Initialisation, instead of the paper's.

    Raises:
        InputError: If ``arch`` or another argument does not make a network.
    """

    def __init__(
        self,
        arch: str | dict = 'b1',
        in_channels: int = 3,
        out_indices: Sequence[int] = (0, 1, 2, 3),
        drop_path_rate: float = 0.0,
        window_sizes: Sequence[int] | None = None,
        depths: Sequence[Sequence[int]] | None = None,
        share_key_value: bool = True,
        efficient_patch_embed: bool = True,
        mixcfn: bool = True,
        parallel_conv: bool = True,
        extra_nonlinearity: bool = True,
        dense_fusion: bool = True,
        des: bool = True,
        des_act_cfg: dict = dict(type='HSwish'),  # noqa: B006
        norm_cfg: dict = dict(type='BN'),  # noqa: B006
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        pretrained: str | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        init_cfg, pretrained = take_pretrained(init_cfg, pretrained)
        super().__init__(init_cfg)
        specs, depths = read_arch(arch, window_sizes, depths)
        check_arguments(in_channels, out_indices, drop_path_rate, len(specs))
        check_frozen_stages(frozen_stages, len(specs))
        check_activation('des_act_cfg', des_act_cfg)
        check_norm(norm_cfg, [*STEM_CHANNELS, *(spec.channels for spec in specs)])
        attn = partial(
            CrossShapedAttention,
            share_key_value=share_key_value,
            parallel_conv=parallel_conv,
            extra_nonlinearity=extra_nonlinearity,
            norm_cfg=norm_cfg,
        )
        shortcut = partial(DiversityEnhancedShortcut, act_cfg=des_act_cfg)
        branch = partial(
            build_branch,
            embed=EfficientPatchEmbed if efficient_patch_embed else ConvPatchEmbed,
            attn=attn,
            shortcut=shortcut if des else None,
            ffn=MixCFN if mixcfn else FFN,
        )
        fusion = partial(CrossResolutionFusion, norm_cfg=norm_cfg, dense=dense_fusion)
        self.out_channels = [specs[i].channels for i in out_indices]
        self.pretrained = pretrained
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.stem = Stem(in_channels, norm_cfg)
        self.hr_modules = ModuleList()
        rates = split_drop_path_rates(drop_path_rate, depths)
        channels = [self.stem.out_channels]
        for m, blocks in enumerate(depths):
            indices = range(len(blocks)) if m < len(depths) - 1 else out_indices
            # A fusion keeps the channels of its inputs; a new branch has its own.
            fused = [*channels, *(spec.channels for spec in specs[len(channels) :])]
            branches = {
                i: branch(fused[i], specs[i], rates[m][: blocks[i]]) for i in indices
            }
            self.hr_modules.append(
                HRViTModule(fusion(channels, fused, indices), branches)
            )
            channels = [spec.channels for spec in specs[: len(blocks)]]
        if with_cp:
            convert(self, 'recompute')
        self._freeze_stages()

    def train(self, mode: bool = True) -> Self:
        """Sets the mode; frozen stages, and norms with ``norm_eval``, stay in eval."""
        super().train(mode)
        for part in self._frozen_parts():
            part.eval()
        if self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Extracts multi-scale features.

        Args:
            x (Tensor): Images (B, in_channels, H, W).

        Returns:
            tuple[Tensor, ...]: For each i of ``out_indices`` a map
            (B, C_i, H / 2^(i + 2), W / 2^(i + 2)), sizes rounded up.
        """
        maps = [self.stem(x)]
        for module in self.hr_modules:
            maps = module(maps)
        return tuple(maps)

    def _frozen_parts(self) -> list[nn.Module]:
        if self.frozen_stages < 0:
            return []
        stages = [m for m in self.hr_modules if len(m.branches) <= self.frozen_stages]
        return [self.stem, *stages]

    def _freeze_stages(self) -> None:
        for part in self._frozen_parts():
            part.eval()
            part.requires_grad_(False)


def build_branch(
    in_channels: int,
    spec: BranchSpec,
    drop_path_rates: Sequence[float],
    embed: Callable[..., nn.Module],
    attn: Callable[..., nn.Module],
    shortcut: Callable[..., nn.Module] | None,
    ffn: Callable[..., nn.Module],
) -> Branch:
    """Builds a branch of a module.

    Args:
        in_channels (int): Channels of the fused map.
        spec (BranchSpec): Sizes of the branch.
        drop_path_rates (Sequence[float]): A rate for each block.
        embed (Callable[..., nn.Module]): Makes the patch embedding.
        attn (Callable[..., nn.Module]): Makes the attention of a block.
        shortcut (Callable[..., nn.Module], optional): Makes its DES; None: it has none.
        ffn (Callable[..., nn.Module]): Makes its feed-forward network.

    Returns:
        Branch: The branch.
    """
    channels, window_size, mlp_ratio, head_dim = spec
    blocks = [
        Block(
            channels,
            attn(channels, head_dim, window_size),
            shortcut(channels) if shortcut else None,
            ffn(channels, mlp_ratio),
            rate,
        )
        for rate in drop_path_rates
    ]
    return Branch(embed(in_channels, channels), blocks, channels)


def check_frozen_stages(frozen_stages: int, num_stages: int) -> None:
    """Raises InputError unless the network has the stages to freeze."""
    if not isinstance(frozen_stages, int) or not -1 <= frozen_stages <= num_stages:
        raise InputError(
            f'frozen_stages={frozen_stages!r}: choose -1 (nothing), 0 (the stem) or '
            f'1 to {num_stages}'
        )
