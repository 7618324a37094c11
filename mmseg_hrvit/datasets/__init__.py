"""Data sets, and transforms for them."""

from .camvid import CamVidDataset
from .check_annotations import CheckAnnotations

__all__ = ['CamVidDataset', 'CheckAnnotations']
