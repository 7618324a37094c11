"""SegFormer's head with linear projections, as HRViT's networks have it."""

from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.registry import MODELS
from mmseg.models.decode_heads import SegformerHead
from torch import Tensor

from mmseg_hrvit.errors import InputError

from ..checks import check_norm, check_rate, check_size, check_whole, check_wholes

LINEAR_MODES = ('bilinear', 'bicubic')


@MODELS.register_module()
class LinearSegformerHead(SegformerHead):
    """SegFormer's head whose projections have neither norm nor activation.

    It projects each map to ``channels``, up-samples them to the largest,
    concatenates, and fuses by a 1x1 convolution with norm and ReLU. Up to that
    norm all is linear. So projection and fusion are multiplied into one small
    matrix a map, applied at the map's own resolution. Up-sampling is linear along
    rows and along columns, so it is a product with a matrix as well, and one product
    up-samples all maps and sums them: the same function, without the large maps.

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

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Maps the backbone's outputs to logits.

        Args:
            inputs (Sequence[Tensor]): Map i is (B, C_i, H_i, W_i).

        Returns:
            Tensor: (B, num_classes, H_0, W_0).
        """
        x = self._project_and_fuse(self._transform_inputs(inputs))
        if self.fusion_conv.with_norm:
            x = self.fusion_conv.norm(x)
        x = self.fusion_conv.activate(x)
        if self.dropout is None or not self.training:
            return self.cls_seg(x)
        return self._drop_and_classify(x)

    def switch_to_deploy(self) -> None:
        """Keeps the product of projection, fusion and norm in place of them."""
        fuse_conv_bn(self.fusion_conv)
        weights, bias = self._collapse()
        for conv, weight in zip(self.convs, weights, strict=True):
            conv.weight.data, conv.bias = weight.data, None
        self.convs[0].bias = nn.Parameter(bias.detach())
        self.fusion_conv.conv = None

    def _project_and_fuse(self, inputs: Sequence[Tensor]) -> Tensor:
        weights, bias = self._collapse()
        height, width = inputs[0].shape[2:]
        lines, columns = [], []
        for x, weight in zip(inputs[1:], weights[1:], strict=True):
            x = F.conv2d(x, weight).permute(0, 2, 3, 1)  # B, H_i, W_i, channels
            lines.append(self._resizer(x.shape[2], width, x) @ x)
            columns.append(self._resizer(x.shape[1], height, x))
        first = F.conv2d(inputs[0], weights[0], bias).permute(0, 2, 3, 1)
        if not lines:
            return first.permute(0, 3, 1, 2)
        fused = torch.baddbmm(
            first.flatten(2),  # B, H_0, W_0 * channels
            torch.cat(columns, 1).expand(len(first), -1, -1),  # B, H_0, sum of H_i
            torch.cat(lines, 1).flatten(2),  # B, sum of H_i, W_0 * channels
        )
        return fused.view_as(first).permute(0, 3, 1, 2)

    def _collapse(self) -> tuple[list[Tensor], Tensor]:
        """Multiplies projections and fusion: a matrix a map, and one bias."""
        weights = [conv.weight for conv in self.convs]
        fusion = self.fusion_conv.conv
        if fusion is None:
            return weights, self.convs[0].bias
        parts = fusion.weight.flatten(1).chunk(len(weights), dim=1)
        bias = 0 if fusion.bias is None else fusion.bias
        bias = bias + sum(
            part @ conv.bias for part, conv in zip(parts, self.convs, strict=True)
        )
        products = [
            (part @ weight.flatten(1))[..., None, None]  # channels, C_i, 1, 1
            for part, weight in zip(parts, weights, strict=True)
        ]
        return products, bias

    def _drop_and_classify(self, x: Tensor) -> Tensor:
        # Channels are dropped from the matrix, which is small, and not from the map.
        scale = self.dropout(x.new_ones(*x.shape[:2], 1, 1))  # of a channel: 0, or more
        weight = self.conv_seg.weight.flatten(1).T * scale.flatten(2)
        x = x.permute(0, 2, 3, 1)  # B, H, W, channels
        logits = torch.baddbmm(self.conv_seg.bias, x.flatten(1, 2), weight)
        # By planes, as the loss needs them: it would copy them at the image's size.
        return logits.mT.contiguous().unflatten(2, x.shape[1:3])  # B, classes, H, W

    def _resizer(self, size: int, out_size: int, like: Tensor) -> Tensor:
        """The matrix (out_size, size) that resizes a line as ``interpolate`` does."""
        lines = torch.eye(size, dtype=like.dtype, device=like.device)[None, None]
        return F.interpolate(
            lines,
            size=(out_size, size),
            mode=self.interpolate_mode,
            align_corners=self.align_corners,
        )[0, 0]


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
        InputError: If one is no positive whole number, or there are not as many
            indices as maps, or the head would be too large.
    """
    if not isinstance(in_channels, list | tuple) or not in_channels:
        raise InputError(f'in_channels={in_channels!r}: give a list, one a map')
    check_wholes('in_channels', in_channels, len(in_channels), 'map')
    is_list = isinstance(in_index, list | tuple) and len(in_index) == len(in_channels)
    if not is_list or not all(isinstance(index, int) for index in in_index):
        raise InputError(
            f'in_index={in_index!r}: give {len(in_channels)} whole numbers, one a map'
        )
    check_whole('channels', channels)
    check_whole('num_classes', num_classes)
    check_size(
        channels * (sum(in_channels) + len(in_channels) * channels + num_classes)
    )
