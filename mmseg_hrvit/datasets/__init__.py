"""Data sets, and transforms for them."""

from .camvid import CamVidDataset
from .check_annotations import CheckAnnotations
from .sample_stream import StreamDataset, StreamSampler

__all__ = ['CamVidDataset', 'CheckAnnotations', 'StreamDataset', 'StreamSampler']
