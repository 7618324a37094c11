"""Street scenes drawn by a random generator: data for the quickstart and for tests."""

from .scene import CLASSES
from .street import draw_dataset, draw_scene

__all__ = ['CLASSES', 'draw_dataset', 'draw_scene']
