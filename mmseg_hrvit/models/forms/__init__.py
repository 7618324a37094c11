"""The forms of a network: the same function, in ways that suit a purpose."""

from .choose import convert_for_training
from .convert import PURPOSES, convert, deploy, restore
from .cuda_graphs import use_cuda_graphs

__all__ = [
    'PURPOSES',
    'convert',
    'convert_for_training',
    'deploy',
    'restore',
    'use_cuda_graphs',
]
