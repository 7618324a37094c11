"""Using a trained network on images."""

from .engine_segmentor import EngineSegmentor
from .segmentation import Segmentation
from .segmenter import Segmenter

__all__ = ['EngineSegmentor', 'Segmentation', 'Segmenter']
