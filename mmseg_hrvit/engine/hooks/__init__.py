"""Hooks of a run."""

from .channel_check import ChannelCheckHook
from .durable_checkpoint import DurableCheckpointHook
from .finite_check import FiniteCheckHook
from .form import FormHook
from .hang_watch import HangWatchHook
from .label_survey import LabelSurveyHook
from .preemption import PreemptionHook
from .rank_state import RankStateHook
from .strict_checkpoint import StrictCheckpointHook

__all__ = [
    'ChannelCheckHook',
    'DurableCheckpointHook',
    'FiniteCheckHook',
    'FormHook',
    'HangWatchHook',
    'LabelSurveyHook',
    'PreemptionHook',
    'RankStateHook',
    'StrictCheckpointHook',
]
