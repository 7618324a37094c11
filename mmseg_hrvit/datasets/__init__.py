"""Data sets, and transforms for them."""

from .camvid import CamVidDataset
from .check_annotations import CheckAnnotations
from .sample_stream import StreamDataset, StreamSampler
from .stored_classes import StoredClassesDataset

__all__ = [
    'CamVidDataset',
    'CheckAnnotations',
    'StoredClassesDataset',
    'StreamDataset',
    'StreamSampler',
]
