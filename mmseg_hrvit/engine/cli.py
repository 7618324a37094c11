"""The config of a run, as the command line of a tool changes it."""

import os
from argparse import Namespace
from pathlib import Path

from mmengine.config import Config

from mmseg_hrvit.configs import find_config, type_name
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.files import find_file_above

from .options import merge_options, parse_options
from .ranks import take_ranks_of_slurm
from .shortcuts import set_classes, set_crop


def read_config(args: Namespace) -> Config:
    """Reads the config and applies the options to it.

    Args:
        args (Namespace): Arguments of ``hrvit_cli.arguments.add_config``.

    Returns:
        Config: The config.

    Raises:
        InputError: If there is no such config, or an option does not fit it.
    """
    cfg = Config.fromfile(find_config(args.config))
    merge_options(cfg, parse_options(args.cfg_options))
    return cfg


def read_segmentation(args: Namespace) -> Config:
    """Reads the config as ``read_config`` does, for a command for segmentation only.

    Args:
        args (Namespace): As there.

    Returns:
        Config: The config.

    Raises:
        InputError: As there; or if the config is for another package than mmseg.
    """
    cfg = read_config(args)
    scope = cfg.get('default_scope', 'mmseg')
    if scope != 'mmseg':
        raise InputError(
            f'{args.config} is a config for {scope}, and this command is for '
            'segmentation: give one for mmseg'
        )
    return cfg


def load_config(args: Namespace) -> Config:
    """Reads the config and merges the shared arguments into it.

    Args:
        args (Namespace): Arguments of ``hrvit_cli.arguments.add_run``.

    Returns:
        Config: The config.

    Raises:
        InputError: If there is no such config, or an argument does not fit it.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    if args.launcher == 'slurm':
        take_ranks_of_slurm()
    cfg = read_config(args)
    if args.crop:
        set_crop(cfg, *args.crop)
    if args.classes:
        set_classes(cfg, args.classes)
    if args.compile:
        set_form(cfg, compile=True)
    cfg.launcher = args.launcher
    cfg.work_dir = (
        args.work_dir
        or cfg.get('work_dir')
        or os.path.join('work_dirs', Path(args.config).stem)
    )
    if file := find_file_above(Path(cfg.work_dir, 'any')):
        raise InputError(f'--work-dir {cfg.work_dir}: {file} is a file, not a folder')
    return cfg


def set_form(cfg: Config, **options: bool) -> None:
    """Changes options of the config's ``FormHook``, or adds one.

    Args:
        cfg (Config): The config. Changed in place.
        **options (bool): Arguments of ``FormHook``.
    """
    hooks = cfg.setdefault('custom_hooks', [])
    for hook in hooks:
        if type_name(hook) == 'FormHook':
            hook.update(options)
            return
    cfg.custom_hooks = [*hooks, dict(type='mmseg_hrvit.FormHook', **options)]
