"""Feed-forward networks on maps."""

import torch.nn as nn

from ...layers import FFN, MixCFN
from .convs import conv1x1


class MapFFN(nn.Sequential):
    """The plain feed-forward network on maps.

    Args:
        ffn (FFN): The layer.
    """

    def __init__(self, ffn: FFN) -> None:
        super().__init__(
            conv1x1(ffn.fc1.weight, ffn.fc1.bias),
            ffn.act,
            conv1x1(ffn.fc2.weight, ffn.fc2.bias),
        )


class HalfMixCFN(nn.Sequential):
    """One half of the hidden channels, and its share of the output.

    Args:
        ffn (MixCFN): The layer.
        part (slice): The hidden channels of this half.
        conv (nn.Conv2d): Its depth-wise convolution.
    """

    def __init__(self, ffn: MixCFN, part: slice, conv: nn.Conv2d) -> None:
        bias = ffn.fc2.bias if part.start == 0 else None  # added once
        super().__init__(
            conv1x1(ffn.fc1.weight[part], ffn.fc1.bias[part]),
            conv,
            ffn.act,
            conv1x1(ffn.fc2.weight[:, part], bias),
        )


def split_ffn(ffn: MixCFN | FFN) -> nn.ModuleList:
    """Makes the layers on maps whose sum a feed-forward network is.

    Those of MixCFN (Figure 3) are its halves: no map is split or concatenated.

    Args:
        ffn (MixCFN | FFN): The layer.

    Returns:
        nn.ModuleList: Each maps (B, C, H, W) to (B, C, H, W).
    """
    if isinstance(ffn, FFN):
        return nn.ModuleList([MapFFN(ffn)])
    hidden = ffn.fc1.out_features
    small, large = slice(0, hidden // 2), slice(hidden // 2, hidden)
    return nn.ModuleList(
        [
            HalfMixCFN(ffn, small, ffn.dwconv3),
            HalfMixCFN(ffn, large, ffn.dwconv5),
        ]
    )
