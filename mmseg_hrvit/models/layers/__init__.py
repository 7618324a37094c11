"""The building blocks of the paper, one in each file."""

from .attention import CrossShapedAttention
from .block import Block
from .branch import Branch
from .cswin_block import CSWinBlock
from .fusion import CrossResolutionFusion
from .mixcfn import FFN, MixCFN
from .patch_embed import ConvPatchEmbed, EfficientPatchEmbed
from .shortcut import DiversityEnhancedShortcut
from .stem import Stem

__all__ = [
    'FFN',
    'Block',
    'Branch',
    'CSWinBlock',
    'ConvPatchEmbed',
    'CrossResolutionFusion',
    'CrossShapedAttention',
    'DiversityEnhancedShortcut',
    'EfficientPatchEmbed',
    'MixCFN',
    'Stem',
]
