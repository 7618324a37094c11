"""Refusing command-line options that would change nothing, or the wrong thing."""

import inspect
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import NoReturn

from mmengine.config import Config, DictAction
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmseg_hrvit.errors import InputError

from .arguments import allowed_arguments

TOP_LEVEL = {
    *inspect.signature(Runner.__init__).parameters,
    'activation_checkpointing', 'auto_scale_lr', 'compile', 'custom_imports',
    'efficient_conv_bn_eval', 'find_unused_parameters', 'max_unusable_share',
    'model_wrapper_cfg', 'runner_type', 'sync_bn', 'tta_model', 'tta_pipeline',
} - {'self', 'cfg', 'data_preprocessor'}  # fmt: skip
LOADER = {*inspect.signature(DataLoader.__init__).parameters, 'num_batch_per_epoch'}
# What may stand in parts that have no ``type``.
UNTYPED = {
    'train_dataloader': LOADER,
    'val_dataloader': LOADER,
    'test_dataloader': LOADER,
    'randomness': {'seed', 'deterministic', 'diff_rank_seed'},
    'env_cfg': {'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'},
    'auto_scale_lr': {'enable', 'base_batch_size'},
}
FREE = '*'
SIMILAR = 0.75  # of names that are taken for misspelt


def parse_options(options: Sequence[str]) -> dict[str, object]:
    """Reads KEY=VALUE pairs as mmengine does.

    Args:
        options (Sequence[str]): The pairs.

    Returns:
        dict[str, object]: The values by their keys.

    Raises:
        InputError: If one is not a pair.
    """
    for option in options:
        if '=' not in option:
            raise InputError(f'--cfg-options {option}: write KEY=VALUE')
    parser = ArgumentParser()
    parser.add_argument('--options', nargs='*', action=DictAction, default={})
    return parser.parse_args(['--options', *options]).options


def merge_options(cfg: Config, options: dict[str, object]) -> None:
    """Changes a config, and refuses options that it does not know.

    A key is known if it is in the config, or if the type in the same dict takes an
    argument of that name.

    Args:
        cfg (Config): The config. Changed in place.
        options (dict[str, object]): Values by dotted keys.

    Raises:
        InputError: If a key is unknown (the message names the nearest one), or if the
            config has a number and the value is not one.
    """
    before = deepcopy(cfg._cfg_dict)
    for key, value in options.items():
        check_value(before, key, value)
    try:
        cfg.merge_from_dict(options)
    except (KeyError, IndexError, TypeError, AssertionError) as error:
        raise InputError(f'--cfg-options {" ".join(options)}: {error}') from error
    for key in options:
        check_key(before, cfg, key)


def check_value(node: object, key: str, value: object) -> None:
    """Refuses a value whose type differs from that in the config."""
    for part in key.split('.'):
        if isinstance(node, list | tuple) and part.isdecimal():
            part = int(part)
            if part >= len(node):
                raise InputError(f'--cfg-options {key}: the list has {len(node)} parts')
        elif not isinstance(node, dict) or part not in node:
            return
        node = node[part]
    shown = f'--cfg-options {key}={value}'
    if isinstance(node, bool):
        if not isinstance(value, bool | None):
            raise InputError(f'{shown}: give True or False; it is {node} in the config')
    elif isinstance(node, int | float):
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            raise InputError(f'{shown}: give a number; it is {node} in the config')
    elif isinstance(node, dict) and node and isinstance(value, int | float):
        keys = ', '.join(f'{key}.{name}' for name in node)
        raise InputError(f'{shown}: it is a dict: set one of {keys}')


def check_key(before: dict, cfg: Config, key: str) -> None:
    """Refuses a key that matches nothing.

    Args:
        before (dict): The config without the options.
        cfg (Config): The config with the options.
        key (str): The dotted key.

    Raises:
        InputError: If it is unknown.
    """
    parts = key.split('.')
    if parts[0] in before and parts[0] not in TOP_LEVEL:
        refuse_variable(before, parts[0])
    old, new = before, cfg._cfg_dict
    for i, part in enumerate(parts):
        if isinstance(new, list | tuple):
            part = int(part)
        elif not has(old, part):
            known = list_known(old, new, '.'.join(parts[:i]), cfg)
            near = get_close_matches(part, known, 1, SIMILAR)
            if part not in known and (near or FREE not in known):
                nearest = '.'.join([*parts[:i], *near, *parts[i + 1 :]])
                refuse_key(key, nearest if near else find_nearest(before, key))
        old = old[part] if has(old, part) else {}
        new = new[part]


def has(node: object, part: str | int) -> bool:
    """Whether a part of a config has this key."""
    if isinstance(node, list | tuple):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, dict) and part in node


def list_known(old: object, new: dict, path: str, cfg: Config) -> set[str]:
    """Lists the keys that a part of the config may have, ``FREE`` for any other.

    Args:
        old (object): The part without the options.
        new (dict): The part with the options.
        path (str): Its dotted key; '' for the whole config.
        cfg (Config): The config with the options.

    Returns:
        set[str]: The names.
    """
    if not path:
        allowed = TOP_LEVEL
    elif 'type' in new:
        allowed = allowed_arguments(new, cfg)
    else:
        allowed = UNTYPED.get(path)
    return {*(old if isinstance(old, dict) else ()), *(allowed or [FREE])}


def refuse_variable(before: dict, name: str) -> None:
    """Refuses a variable that other parts of the config have already copied."""
    value = before[name]
    copies = [
        key
        for key, copy in walk(before)
        if key.partition('.')[0] in TOP_LEVEL
        and (key.endswith(f'.{name}') or (is_part(value) and copy == value))
    ]
    if copies:
        hint = ', or use --crop' if name == 'crop_size' else ''
        raise InputError(
            f'--cfg-options {name}: that has no effect, because other parts of the '
            f'config have copied it: set {", ".join(copies)}{hint}'
        )


def is_part(value: object) -> bool:
    """Whether a value contains other values."""
    return isinstance(value, dict | list | tuple) and bool(value)


def find_nearest(before: dict, key: str) -> str | None:
    """Finds the key in the whole config that was probably meant."""
    known = [name for name, _ in walk(before)]
    known += [f'{path}.{name}' for path, names in UNTYPED.items() for name in names]
    ends = [name for name in known if name.endswith(f'.{key}')]
    return next(iter(ends or get_close_matches(key, known, 1)), None)


def refuse_key(key: str, nearest: str | None) -> NoReturn:
    """Raises InputError with the key that is nearest."""
    hint = f": did you mean '{nearest}'?" if nearest else ''
    raise InputError(f'--cfg-options {key}: the config has no such key{hint}')


def walk(node: object, path: str = '') -> Iterator[tuple[str, object]]:
    """Yields all keys and values in a config."""
    if isinstance(node, dict):
        pairs = node.items()
    elif isinstance(node, list | tuple):
        pairs = enumerate(node)
    else:
        return
    for name, value in pairs:
        key = f'{path}.{name}' if path else str(name)
        yield key, value
        yield from walk(value, key)
