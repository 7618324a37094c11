"""Feed-forward networks on maps."""

import torch.nn as nn

from mmseg_hrvit.models.layers.mixcfn import FFN, MixCFN

from .convs import conv1x1


class MapFFN(nn.Sequential):
    """MixCFN (Figure 3), deployed, or the plain feed-forward network.

    Args:
        ffn (MixCFN | FFN): The layer; MixCFN after its ``switch_to_deploy``.
    """

    def __init__(self, ffn: MixCFN | FFN) -> None:
        super().__init__(
            conv1x1(ffn.fc1.weight, ffn.fc1.bias),
            *([ffn.dwconv] if isinstance(ffn, MixCFN) else []),
            ffn.act,
            conv1x1(ffn.fc2.weight, ffn.fc2.bias),
        )
