"""Using a trained network on images."""

from .engine_segmentor import EngineSegmentor
from .segmenter import Segmentation, Segmenter

__all__ = ['EngineSegmentor', 'Segmentation', 'Segmenter']
