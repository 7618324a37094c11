"""Hooks of a run."""

from .channel_check import ChannelCheckHook
from .compile import CompileHook
from .deploy import DeployHook
from .durable_checkpoint import DurableCheckpointHook
from .finite_check import FiniteCheckHook
from .hang_watch import HangWatchHook
from .label_survey import LabelSurveyHook
from .preemption import PreemptionHook
from .rank_state import RankStateHook
from .strict_checkpoint import StrictCheckpointHook

__all__ = [
    'ChannelCheckHook',
    'CompileHook',
    'DeployHook',
    'DurableCheckpointHook',
    'FiniteCheckHook',
    'HangWatchHook',
    'LabelSurveyHook',
    'PreemptionHook',
    'RankStateHook',
    'StrictCheckpointHook',
]
