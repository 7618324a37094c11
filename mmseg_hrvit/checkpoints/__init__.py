"""Reading checkpoints safely and strictly; converting the authors' and CSWin's.

Importing this package registers its loaders of local files and of the Hugging Face
Hub for all of mmengine; the tools register the others.
"""

from .convert import convert_backbone, convert_classifier, convert_file
from .convert_cswin import convert_cswin
from .converted import Converted
from .loading import load_from_local
from .pretrained import load_backbone

__all__ = [
    'Converted',
    'convert_backbone',
    'convert_classifier',
    'convert_cswin',
    'convert_file',
    'load_backbone',
    'load_from_local',
]
