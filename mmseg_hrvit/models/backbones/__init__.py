"""Backbones."""

from .cswin import CSWin
from .hrnet_vit import HRNetViT
from .hrvit import HRViT

__all__ = ['CSWin', 'HRNetViT', 'HRViT']
