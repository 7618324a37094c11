"""The building blocks, one in each file: the paper's, and CSWin's as a baseline."""

from .attention import CrossShapedAttention
from .block import Block
from .branch import Branch
from .cswin_attention import CSWinAttention
from .cswin_block import CSWinBlock
from .ffn import FFN
from .fusion import CrossResolutionFusion
from .mixcfn import MixCFN
from .patch_embed import ConvPatchEmbed, EfficientPatchEmbed
from .shortcut import DiversityEnhancedShortcut
from .stem import Stem

__all__ = [
    'FFN',
    'Block',
    'Branch',
    'CSWinAttention',
    'CSWinBlock',
    'ConvPatchEmbed',
    'CrossResolutionFusion',
    'CrossShapedAttention',
    'DiversityEnhancedShortcut',
    'EfficientPatchEmbed',
    'MixCFN',
    'Stem',
]
