"""Everything around a run: hooks, optimizers, launching, checks before the start."""

from .hooks import (
    ChannelCheckHook,
    DurableCheckpointHook,
    FiniteCheckHook,
    FormHook,
    HangWatchHook,
    LabelSurveyHook,
    PreemptionHook,
    RankStateHook,
    StrictCheckpointHook,
)
from .iou_metric import FolderIoUMetric
from .optimizers import NormDecayOptimWrapperConstructor
from .runner import CheckedRunner
from .train_loop import ResumableTrainLoop

__all__ = [
    'ChannelCheckHook',
    'CheckedRunner',
    'DurableCheckpointHook',
    'FiniteCheckHook',
    'FolderIoUMetric',
    'FormHook',
    'HangWatchHook',
    'LabelSurveyHook',
    'NormDecayOptimWrapperConstructor',
    'PreemptionHook',
    'RankStateHook',
    'ResumableTrainLoop',
    'StrictCheckpointHook',
]
