"""SegFormer's head as a sum of up-sampled maps."""

from collections.abc import Sequence

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..segformer_head import FoldedHead, finish_fusion


class SummingHead(nn.Module):
    """SegFormer's head, folded: engines resize maps faster than matrix products do.

    Args:
        head (FoldedHead): The head.
    """

    def __init__(self, head: FoldedHead) -> None:
        super().__init__()
        self.in_index = head.in_index
        self.convs = head.convs
        self.fusion = head.fusion_conv
        self.classify = head.conv_seg
        self.mode = head.interpolate_mode
        self.align_corners = head.align_corners
        self.out_channels = head.out_channels
        self.threshold = head.threshold

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Maps the backbone's outputs to logits (B, classes, H_0, W_0)."""
        first, *others = [
            conv(inputs[i]) for conv, i in zip(self.convs, self.in_index, strict=True)
        ]
        resized = [
            F.interpolate(
                x,
                size=first.shape[2:],
                mode=self.mode,
                align_corners=self.align_corners,
            )  # B, channels, H_0, W_0
            for x in others
        ]
        if resized:
            first = first + sum(resized[1:], resized[0])
        return self.classify(finish_fusion(self.fusion, first))
