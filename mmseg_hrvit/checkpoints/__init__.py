"""Reading checkpoints: safely, strictly, and those of the authors' code.

Importing this package registers its loaders for all of mmengine.
"""

from .convert import Converted, convert_backbone, convert_classifier, convert_file
from .loading import load_from_local
from .pretrained import load_backbone

__all__ = [
    'Converted',
    'convert_backbone',
    'convert_classifier',
    'convert_file',
    'load_backbone',
    'load_from_local',
]
