"""Forms of SegFormer's head that multiply its linear layers into one."""

from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from torch import Tensor

from ..decode_heads import LinearSegformerHead
from .norms import fold_convolutions


class CollapsedHead(LinearSegformerHead):
    """The head without large maps.

    Everything before the norm of its fusion is linear. So projection and fusion are
    multiplied into one small matrix for each map, applied at the map's own resolution.
    Up-sampling is linear along rows and along columns, so it is a matrix product as
    well, and one product up-samples all maps and sums them.
    """

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Maps the backbone's outputs, each (B, C_i, H_i, W_i), to logits.

        Returns:
            Tensor: (B, num_classes, H_0, W_0).
        """
        weights, bias = self.collapse()
        x = self._project_and_sum(self._transform_inputs(inputs), weights, bias)
        x = finish_fusion(self.fusion_conv, x)
        if self.dropout is None or not self.training:
            return self.cls_seg(x)
        return self._drop_and_classify(x)

    def collapse(self) -> tuple[list[Tensor], Tensor]:
        """Multiplies projections and fusion: (channels, C_i, 1, 1), and a bias."""
        fusion = self.fusion_conv.conv
        parts = fusion.weight.flatten(1).chunk(len(self.convs), dim=1)
        bias = 0 if fusion.bias is None else fusion.bias
        bias = bias + sum(
            part @ conv.bias for part, conv in zip(parts, self.convs, strict=True)
        )
        weights = [
            (part @ conv.weight.flatten(1))[..., None, None]
            for part, conv in zip(parts, self.convs, strict=True)
        ]
        return weights, bias

    def _project_and_sum(
        self, inputs: Sequence[Tensor], weights: Sequence[Tensor], bias: Tensor
    ) -> Tensor:
        height, width = inputs[0].shape[2:]
        first = F.conv2d(inputs[0], weights[0], bias).permute(0, 2, 3, 1)
        if len(inputs) == 1:
            return first.permute(0, 3, 1, 2)
        lines, columns = [], []
        for x, weight in zip(inputs[1:], weights[1:], strict=True):
            x = F.conv2d(x, weight).permute(0, 2, 3, 1)  # B, H_i, W_i, channels
            lines.append(self._resizer(x.shape[2], width, x) @ x)
            columns.append(self._resizer(x.shape[1], height, x))
        fused = torch.baddbmm(
            first.flatten(2),  # B, H_0, W_0 * channels
            torch.cat(columns, 1).expand(len(first), -1, -1),  # B, H_0, sum of H_i
            torch.cat(lines, 1).flatten(2),  # B, sum of H_i, W_0 * channels
        )
        return fused.view_as(first).permute(0, 3, 1, 2)

    def _resizer(self, size: int, out_size: int, like: Tensor) -> Tensor:
        """The matrix (out_size, size) that resizes a line as ``interpolate`` does."""
        lines = torch.eye(size, dtype=like.dtype, device=like.device)[None, None]
        return F.interpolate(
            lines,
            size=(out_size, size),
            mode=self.interpolate_mode,
            align_corners=self.align_corners,
        )[0, 0]

    def _drop_and_classify(self, x: Tensor) -> Tensor:
        # Channels are dropped from the matrix, which is small, and not from the map.
        scale = self.dropout(x.new_ones(*x.shape[:2], 1, 1))  # of a channel: 0, or more
        weight = self.conv_seg.weight.flatten(1).T * scale.flatten(2)
        x = x.permute(0, 2, 3, 1)  # B, H, W, channels
        logits = torch.baddbmm(self.conv_seg.bias, x.flatten(1, 2), weight)
        # By planes, as the loss needs them: it would copy them at the image's size.
        return logits.mT.contiguous().unflatten(2, x.shape[1:3])  # B, classes, H, W


class FoldedHead(CollapsedHead):
    """The head whose projections already are the products; ``fold_head`` makes it."""

    def collapse(self) -> tuple[list[Tensor], Tensor]:
        """Returns the products, (channels, C_i, 1, 1) for each map, and a bias."""
        return [conv.weight for conv in self.convs], self.convs[0].bias


def fold_head(head: LinearSegformerHead) -> FoldedHead:
    """Replaces projection, fusion and BatchNorm by their product.

    Args:
        head (LinearSegformerHead): The head, in evaluation mode. Changed in place.

    Returns:
        FoldedHead: The same object.
    """
    fold_convolutions(head.fusion_conv)
    head.__class__ = CollapsedHead
    weights, bias = head.collapse()
    for conv, weight in zip(head.convs, weights, strict=True):
        conv.weight, conv.bias = nn.Parameter(weight.detach()), None
    head.convs[0].bias = nn.Parameter(bias.detach())
    head.fusion_conv.conv = nn.Identity()
    head.__class__ = FoldedHead
    return head


def finish_fusion(fusion: ConvModule, x: Tensor) -> Tensor:
    """Applies what follows the convolution of a ``ConvModule``: norm, activation."""
    if fusion.with_norm:
        x = fusion.norm(x)
    return fusion.activate(x) if fusion.with_activation else x
