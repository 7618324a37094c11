"""HRViT's networks.

The classification head stands apart in ``models.heads``: it needs mmpretrain,
which segmentation does not.
"""

from .backbones import HRViT
from .decode_heads import LinearSegformerHead

__all__ = ['HRViT', 'LinearSegformerHead']
