"""Linear classifier with dropout (appendix A.1)."""

import torch.nn as nn
from mmengine.registry import MODELS
from mmpretrain.models.heads import LinearClsHead
from torch import Tensor

from ..checks import check_rate, check_size, check_whole


@MODELS.register_module()
class DropoutLinearClsHead(LinearClsHead):
    """mmpretrain's linear classifier behind a dropout layer.

    Args:
        num_classes (int): Number of classes.
        in_channels (int): Channels of the pooled feature.
        dropout_ratio (float): Share of features dropped. Defaults to 0.1.
        **kwargs: Further arguments of mmpretrain's ``LinearClsHead``.

    Raises:
        InputError: If the sizes do not make a classifier.
    """

    def __init__(
        self, num_classes: int, in_channels: int, dropout_ratio: float = 0.1, **kwargs
    ) -> None:
        check_whole('num_classes', num_classes)
        check_whole('in_channels', in_channels)
        check_size(num_classes * in_channels)
        check_rate('dropout_ratio', dropout_ratio)
        super().__init__(num_classes, in_channels, **kwargs)
        self.dropout = nn.Dropout(dropout_ratio)

    def pre_logits(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Takes the last feature (B, in_channels), with dropout while training."""
        return self.dropout(super().pre_logits(feats))
