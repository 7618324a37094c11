"""SegFormer's head with linear projections, as HRViT's networks have it."""

from collections.abc import Sequence

import torch.nn as nn
from mmengine.registry import MODELS
from mmseg.models.decode_heads import SegformerHead

from mmseg_hrvit.errors import InputError

from ..checks import check_norm, check_rate, check_size, check_whole, check_wholes

LINEAR_MODES = ('bilinear', 'bicubic')


@MODELS.register_module()
class LinearSegformerHead(SegformerHead):
    """SegFormer's head whose projections have neither norm nor activation.

    As in mmseg's ``SegformerHead`` each map is projected to ``channels`` and
    up-sampled to the largest; all are concatenated, fused by a 1x1 convolution with
    norm and ReLU, and classified.

    Args:
        in_channels (Sequence[int]): Channels of the maps.
        in_index (Sequence[int]): The backbone's outputs to use.
        channels (int): Channels of the head: 256 for b1 and b2, 768 for b3.
        num_classes (int): Number of classes.
        interpolate_mode (str): How maps are up-sampled: 'bilinear' or 'bicubic'.
            Defaults to 'bilinear'.
        dropout_ratio (float): Share of channels dropped before the classes. Defaults
            to 0.1.
        norm_cfg (dict, optional): Config of the BatchNorm. Defaults to None.
        **kwargs: Further arguments of mmseg's ``BaseDecodeHead``.

    Raises:
        InputError: If the sizes do not make a head.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        in_index: Sequence[int],
        channels: int,
        num_classes: int,
        interpolate_mode: str = 'bilinear',
        dropout_ratio: float = 0.1,
        norm_cfg: dict | None = None,
        **kwargs,
    ) -> None:
        check_sizes(in_channels, in_index, channels, num_classes)
        check_rate('dropout_ratio', dropout_ratio)
        if norm_cfg is not None:
            check_norm(norm_cfg, [channels])
        if interpolate_mode not in LINEAR_MODES:
            raise InputError(
                f'interpolate_mode={interpolate_mode!r}: choose one of '
                f'{", ".join(LINEAR_MODES)}'
            )
        super().__init__(
            in_channels=in_channels,
            in_index=in_index,
            channels=channels,
            num_classes=num_classes,
            interpolate_mode=interpolate_mode,
            dropout_ratio=dropout_ratio,
            norm_cfg=norm_cfg,
            **kwargs,
        )
        self.convs = nn.ModuleList(nn.Conv2d(c, channels, 1) for c in in_channels)


def check_sizes(
    in_channels: Sequence[int], in_index: Sequence[int], channels: int, num_classes: int
) -> None:
    """Refuses sizes that do not make a head.

    Args:
        in_channels (Sequence[int]): Channels of the maps.
        in_index (Sequence[int]): The backbone's outputs to use.
        channels (int): Channels of the head.
        num_classes (int): Number of classes.

    Raises:
        InputError: If one is not a positive whole number, if the numbers of indices and
            maps differ, or if the head would be too large.
    """
    if not isinstance(in_channels, list | tuple) or not in_channels:
        raise InputError(f'in_channels={in_channels!r}: give a list, one for each map')
    check_wholes('in_channels', in_channels, len(in_channels), 'map')
    is_list = isinstance(in_index, list | tuple) and len(in_index) == len(in_channels)
    if not is_list or not all(isinstance(index, int) for index in in_index):
        raise InputError(
            f'in_index={in_index!r}: give {len(in_channels)} whole numbers, one for '
            'each map'
        )
    check_whole('channels', channels)
    check_whole('num_classes', num_classes)
    check_size(
        channels * (sum(in_channels) + len(in_channels) * channels + num_classes)
    )
