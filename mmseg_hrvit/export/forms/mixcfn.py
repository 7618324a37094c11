"""Feed-forward networks on maps."""

import torch.nn as nn

from mmseg_hrvit.models.layers.mixcfn import FFN, MixCFN

from .convs import conv1x1, make_conv


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
        ffn (MixCFN): The layer, after its ``switch_to_deploy``.
        part (slice): The hidden channels of this half.
        border (int): What is cut off each side of its depth-wise kernel.
    """

    def __init__(self, ffn: MixCFN, part: slice, border: int) -> None:
        inside = slice(border, ffn.dwconv.kernel_size[0] - border)
        kernel = ffn.dwconv.weight[part, :, inside, inside]
        bias = ffn.fc2.bias if part.start == 0 else None  # added once
        super().__init__(
            conv1x1(ffn.fc1.weight[part], ffn.fc1.bias[part]),
            make_conv(kernel, ffn.dwconv.bias[part], groups=len(kernel)),
            ffn.act,
            conv1x1(ffn.fc2.weight[:, part], bias),
        )


def split_ffn(ffn: MixCFN | FFN) -> nn.ModuleList:
    """Makes the layers on maps whose sum a feed-forward network is.

    Those of MixCFN (Figure 3) are its halves: no map is split or concatenated.

    Args:
        ffn (MixCFN | FFN): The layer, after its ``switch_to_deploy``.

    Returns:
        nn.ModuleList: Each maps (B, C, H, W) to (B, C, H, W).
    """
    if isinstance(ffn, FFN):
        return nn.ModuleList([MapFFN(ffn)])
    hidden = ffn.fc1.out_features
    small, large = slice(0, hidden // 2), slice(hidden // 2, hidden)
    return nn.ModuleList(
        [
            HalfMixCFN(ffn, small, border=1),  # of zeros around 3x3 kernels
            HalfMixCFN(ffn, large, border=0),
        ]
    )
