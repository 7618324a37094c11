"""Hooks of a run."""

from .channel_check import ChannelCheckHook
from .label_check import LabelCheckHook
from .strict_checkpoint import StrictCheckpointHook

__all__ = ['ChannelCheckHook', 'LabelCheckHook', 'StrictCheckpointHook']
