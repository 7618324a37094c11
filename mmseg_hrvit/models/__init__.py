"""HRViT's networks.

The classification head stands apart in ``models.heads``: it needs mmpretrain,
which segmentation does not.
"""

from .backbones import CSWin, HRNetViT, HRViT
from .compile import compile_regions
from .decode_heads import LinearSegformerHead
from .deploy import deploy
from .segmentors import TiledEncoderDecoder

__all__ = [
    'CSWin',
    'HRNetViT',
    'HRViT',
    'LinearSegformerHead',
    'TiledEncoderDecoder',
    'compile_regions',
    'deploy',
]
