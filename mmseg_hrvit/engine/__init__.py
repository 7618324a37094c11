"""What runs a network: hooks, optimizers, launching, checks before a run."""

from .hooks import ChannelCheckHook, LabelCheckHook, StrictCheckpointHook
from .optimizers import NormDecayOptimWrapperConstructor

__all__ = [
    'ChannelCheckHook',
    'LabelCheckHook',
    'NormDecayOptimWrapperConstructor',
    'StrictCheckpointHook',
]
