"""Refusing arguments that do not make a network, before any memory is allocated."""

from collections.abc import Callable, Sequence
from numbers import Real

import torch
from mmcv.cnn import build_activation_layer, build_norm_layer
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_hrvit.errors import InputError

MAX_SIZE = 10**5  # a larger one is a typo
MAX_PARAMETERS = 10**9  # more would take a machine's memory before it fails


def is_whole(value: object) -> bool:
    """Whether a value is a whole number from 1 to ``MAX_SIZE``."""
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return is_int and 1 <= value <= MAX_SIZE


def check_whole(name: str, value: object) -> None:
    """Raises InputError unless an argument is a whole number from 1 to ``MAX_SIZE``."""
    if not is_whole(value):
        raise InputError(f'{name}={value!r}: give a whole number, 1 to {MAX_SIZE}')


def check_wholes(name: str, values: object, count: int, each: str) -> None:
    """Raises InputError unless there are ``count`` whole numbers, one per ``each``."""
    is_list = isinstance(values, list | tuple) and len(values) == count
    if not is_list or not all(map(is_whole, values)):
        raise InputError(
            f'{name}={values!r}: give {count} positive whole numbers, one for each '
            f'{each}'
        )


def check_rate(name: str, value: object) -> None:
    """Raises InputError unless an argument is a number from 0 to below 1."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0 <= value < 1:
        raise InputError(f'{name}={value!r}: give a number from 0 to below 1')


def check_indices(name: str, values: object, count: int) -> None:
    """Raises InputError unless an argument is rising indices below ``count``."""
    is_list = isinstance(values, list | tuple | range)
    chosen = [i for i in range(count) if is_list and i in values]
    if not chosen or chosen != list(values):
        raise InputError(
            f'{name}={values!r}: choose some of {list(range(count))} in this order'
        )


def check_norm(norm_cfg: object, channels: Sequence[int]) -> None:
    """Raises InputError unless a config makes a BatchNorm or a GroupNorm.

    Args:
        norm_cfg (object): The config.
        channels (Sequence[int]): The channels of all maps that it is for.
    """
    norms = [
        try_build(build_norm_layer, 'norm_cfg', norm_cfg, count)[1]
        for count in set(channels)
    ]
    if not all(isinstance(norm, _BatchNorm | nn.GroupNorm) for norm in norms):
        raise InputError(f'norm_cfg={norm_cfg!r}: give a BatchNorm or a GroupNorm')


def check_activation(name: str, act_cfg: object) -> None:
    """Raises InputError unless a config makes an activation that keeps shapes."""
    activation = try_build(build_activation_layer, name, act_cfg)
    if activation(torch.ones(1, 2)).shape != (1, 2):
        raise InputError(f'{name}={act_cfg!r}: give an activation of single values')


def try_build(build: Callable, name: str, cfg: object, *args: object) -> object:
    """Builds a layer of mmcv, or says in one line why it cannot be built."""
    try:
        return build(cfg, *args)
    except Exception as error:  # of mmcv's checks, and of the layer's own
        reason = ' '.join(str(error).split())[:160] or type(error).__name__
        raise InputError(f'{name}={cfg!r}: {reason}') from error


def check_size(parameters: int) -> None:
    """Raises InputError if a network would have more than a billion parameters."""
    if parameters > MAX_PARAMETERS:
        raise InputError(
            f'the network would have {parameters / 1e6:,.0f} million parameters: the '
            f'limit is {MAX_PARAMETERS / 1e6:,.0f} million'
        )
