"""The building blocks of the paper, one a file."""

from .block import Block
from .cswin_block import CSWinBlock
from .fusion import CrossResolutionFusion
from .options import BranchSpec, Options
from .patch_embed import ConvPatchEmbed, EfficientPatchEmbed
from .stem import Stem

__all__ = [
    'Block',
    'BranchSpec',
    'CSWinBlock',
    'ConvPatchEmbed',
    'CrossResolutionFusion',
    'EfficientPatchEmbed',
    'Options',
    'Stem',
]
