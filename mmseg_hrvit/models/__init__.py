"""HRViT's networks.

The classification head stands apart in ``models.heads``: it needs mmpretrain,
which segmentation does not.
"""

from .backbones import CSWin, HRNetViT, HRViT
from .decode_heads import LinearSegformerHead

__all__ = ['CSWin', 'HRNetViT', 'HRViT', 'LinearSegformerHead']
