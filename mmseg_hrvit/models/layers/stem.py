"""Down-sampling stem (section 2.2)."""

import torch.nn as nn
from mmcv.cnn import build_norm_layer
from torch import Tensor


class Stem(nn.Module):
    """Two stride-2 Conv-BN-ReLU blocks, which divide height and width by 4.

    The paper gives the stem C channels; the authors' networks have 32 and 64 in
    every variant.

    Args:
        in_channels (int): Channels of the image.
        norm_cfg (dict): Config of the BatchNorm layers.
        mid_channels (int): Channels after the first block. Defaults to 32.
        out_channels (int): Channels after the second block. Defaults to 64.
    """

    def __init__(
        self,
        in_channels: int,
        norm_cfg: dict,
        mid_channels: int = 32,
        out_channels: int = 64,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, mid_channels, 3, stride=2, padding=1)
        self.bn1 = build_norm_layer(norm_cfg, mid_channels)[1]
        self.conv2 = nn.Conv2d(mid_channels, out_channels, 3, stride=2, padding=1)
        self.bn2 = build_norm_layer(norm_cfg, out_channels)[1]
        self.act = nn.ReLU(inplace=True)
        self.out_channels = out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to (B, out_channels, H / 4, W / 4)."""
        # All maps have the channels last in memory, so that tokens are views of them.
        x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
        x = self.act(self.bn1(self.conv1(x)))  # B, mid, ceil(H / 2), ceil(W / 2)
        return self.act(self.bn2(self.conv2(x)))  # B, out, ceil(H / 4), ceil(W / 4)
