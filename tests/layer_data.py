"""Blocks of 16 channels, and what they are compared with."""

from mmseg_hrvit.models.backbones.arch import BranchSpec
from mmseg_hrvit.models.layers import (
    Block,
    CrossShapedAttention,
    DiversityEnhancedShortcut,
    MixCFN,
)

SPEC = BranchSpec(channels=16, window_size=2, mlp_ratio=2, head_dim=8)
HSWISH = dict(type='HSwish')


def build_block(has_des=True, **options):
    """A block of ``SPEC``."""
    des = DiversityEnhancedShortcut(16) if has_des else None
    return Block(16, CrossShapedAttention(16, 8, 2), des, MixCFN(16, 2), **options)
