"""Heads for segmentation."""

from .linear_segformer_head import LinearSegformerHead

__all__ = ['LinearSegformerHead']
