"""Layers for inference engines, with the channels in the second dimension."""

from .branch import MapBranch
from .segformer_head import SummingHead

__all__ = ['MapBranch', 'SummingHead']
