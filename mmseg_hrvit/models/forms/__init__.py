"""The forms of a network: the same function, in ways that suit a purpose."""

from .choose import convert_for_training
from .convert import PURPOSES, convert, deploy, restore

__all__ = ['PURPOSES', 'convert', 'convert_for_training', 'deploy', 'restore']
