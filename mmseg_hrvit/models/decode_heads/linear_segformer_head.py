"""SegFormer's head with linear projections, as HRViT's networks have it."""

from collections.abc import Sequence

import torch.nn as nn
import torch.nn.functional as F
from mmengine.registry import MODELS
from mmseg.models.decode_heads import SegformerHead
from mmseg.models.utils import resize
from torch import Tensor


@MODELS.register_module()
class LinearSegformerHead(SegformerHead):
    """SegFormer's head whose projections have neither norm nor activation.

    It projects each map to ``channels``, up-samples them to the largest,
    concatenates, and fuses by a 1x1 convolution with norm and ReLU. Up to that
    norm all is linear. So projection and fusion are multiplied into one small
    matrix a map, applied at the map's own resolution, and the up-sampled results
    are summed: the same function, without the concatenated map.

    Args:
        in_channels (Sequence[int]): Channels of the maps.
        in_index (Sequence[int]): The backbone's outputs to use.
        channels (int): Channels of the head: 256 for b1 and b2, 768 for b3.
        num_classes (int): Number of classes.
        interpolate_mode (str): How maps are up-sampled: 'bilinear', or another
            linear mode of ``torch.nn.functional.interpolate``. Defaults to
            'bilinear'.
        **kwargs: Further arguments of mmseg's ``BaseDecodeHead``.
    """

    def __init__(self, in_channels: Sequence[int], channels: int, **kwargs) -> None:
        super().__init__(in_channels=in_channels, channels=channels, **kwargs)
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
        return self.cls_seg(self.fusion_conv.activate(x))

    def _project_and_fuse(self, inputs: Sequence[Tensor]) -> Tensor:
        fusion = self.fusion_conv.conv
        parts = fusion.weight.flatten(1).chunk(len(inputs), dim=1)
        fused = 0
        bias = 0 if fusion.bias is None else fusion.bias
        for x, conv, part in zip(inputs, self.convs, parts, strict=True):
            weight = part @ conv.weight.flatten(1)  # channels, C_i
            bias = bias + part @ conv.bias
            fused = fused + resize(
                F.conv2d(x, weight[..., None, None]),
                size=inputs[0].shape[2:],
                mode=self.interpolate_mode,
                align_corners=self.align_corners,
            )  # B, channels, H_0, W_0
        return fused + bias[:, None, None]
