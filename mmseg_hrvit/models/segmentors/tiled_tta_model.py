"""Test-time augmentation for a segmentor that keeps no full-size logits by itself."""

from mmengine.registry import MODELS
from mmseg.models.segmentors import SegTTAModel
from torch import nn


@MODELS.register_module()
class TiledTTAModel(SegTTAModel):
    """mmseg's ``SegTTAModel`` for ``TiledEncoderDecoder``.

    The probabilities that it averages are those of full-size logits, so it asks the
    segmentor to keep them. Any other segmentor of mmseg keeps them anyhow.

    Args:
        module (dict | nn.Module): The segmentor.
        data_preprocessor (dict, optional): In place of the segmentor's.
    """

    def __init__(
        self, module: dict | nn.Module, data_preprocessor: dict | None = None
    ) -> None:
        super().__init__(module, data_preprocessor)
        self.module.test_cfg['keep_logits'] = True
