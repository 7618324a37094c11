"""An exported file in place of a network."""

from collections.abc import Sequence
from types import SimpleNamespace

import torch
from mmseg.models.data_preprocessor import SegDataPreProcessor
from mmseg.models.segmentors.base import BaseSegmentor
from torch import Tensor, nn

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Engine, Metadata
from mmseg_hrvit.models import TiledEncoderDecoder
from mmseg_hrvit.rasters import BandDataPreProcessor


class EngineSegmentor(TiledEncoderDecoder):
    """A segmentor without layers: an engine gives the logits of its windows.

    Args:
        engine (Engine): The file, whose output is not labels.
        keep_logits (bool): Predictions have full-size logits too. Defaults to False.

    Raises:
        InputError: If the file gives only labels.
    """

    def __init__(self, engine: Engine, keep_logits: bool = False) -> None:
        metadata = engine.metadata
        if metadata.output == 'labels':
            raise InputError(
                'this file gives only labels, which cannot be merged from windows or '
                'resized: export it with --output logits'
            )
        BaseSegmentor.__init__(self, data_preprocessor=build_preprocessor(metadata))
        self.engine = engine
        self.test_cfg = {**metadata.test_cfg, 'keep_logits': keep_logits}
        self.align_corners = metadata.align_corners
        single = metadata.threshold is not None
        self.num_classes = len(metadata.classes)
        self.out_channels = 1 if single else self.num_classes
        self.decode_head = SimpleNamespace(threshold=metadata.threshold)
        # The tiles are calculated where, and in the type in which, parameters are.
        self.place = nn.Parameter(torch.empty(0), requires_grad=False)

    def _small_logits(self, windows: Tensor, metas: Sequence[dict]) -> Tensor:
        size = self.engine.metadata.size
        if size is not None and list(windows.shape[2:]) != list(size):
            raise InputError(
                f'the file takes images of {size[0]} x {size[1]}, and a window has '
                f'{windows.shape[2]} x {windows.shape[3]}: export it for any size'
            )
        return torch.from_numpy(self.engine.run(windows.contiguous().numpy()))


def build_preprocessor(metadata: Metadata) -> SegDataPreProcessor:
    """Builds what normalises images, or passes them on if the file does that."""
    count = len(metadata.mean)
    mean = metadata.mean if metadata.normalized else [0.0] * count
    std = metadata.std if metadata.normalized else [1.0] * count
    if count in (1, 3):
        return SegDataPreProcessor(mean=mean, std=std, bgr_to_rgb=metadata.rgb)
    return BandDataPreProcessor(mean=mean, std=std)
