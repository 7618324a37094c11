"""Segmentors, and their test-time augmentation."""

from .tiled_encoder_decoder import TiledEncoderDecoder
from .tiled_tta_model import TiledTTAModel

__all__ = ['TiledEncoderDecoder', 'TiledTTAModel']
