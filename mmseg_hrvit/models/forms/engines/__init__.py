"""Layers for inference engines, which keep their channels in the second place."""

from .branch import MapBranch
from .segformer_head import SummingHead

__all__ = ['MapBranch', 'SummingHead']
