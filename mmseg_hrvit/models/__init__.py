"""HRViT's networks.

The classification head is separate, in ``models.heads``, because it needs mmpretrain,
which segmentation does not.
"""

from .backbones import CSWin, HRNetViT, HRViT
from .decode_heads import LinearSegformerHead
from .forms import convert, convert_for_training, deploy, restore, use_cuda_graphs
from .segmentors import TiledEncoderDecoder

__all__ = [
    'CSWin',
    'HRNetViT',
    'HRViT',
    'LinearSegformerHead',
    'TiledEncoderDecoder',
    'convert',
    'convert_for_training',
    'deploy',
    'restore',
    'use_cuda_graphs',
]
