"""What the command lines of the tools share."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from rich.console import Console
from rich.table import Table

from mmseg_hrvit.configs import config
from mmseg_hrvit.errors import InputError

FILE_WIDTH = 200  # columns


def read_config(args: Namespace) -> Config:
    """Reads the config and changes it as it was asked.

    Args:
        args (Namespace): Arguments of ``hrvit_cli.arguments.add_config``.

    Returns:
        Config: The config.

    Raises:
        InputError: If there is no such config.
    """
    cfg = Config.fromfile(find_config(args.config))
    cfg.merge_from_dict(parse_options(args.cfg_options))
    return cfg


def parse_options(options: Sequence[str]) -> dict[str, object]:
    """Reads KEY=VALUE pairs as mmengine does.

    Args:
        options (Sequence[str]): The pairs.

    Returns:
        dict[str, object]: The values by their keys.

    Raises:
        InputError: If one is no pair.
    """
    for option in options:
        if '=' not in option:
            raise InputError(f'--cfg-options {option}: write KEY=VALUE')
    parser = ArgumentParser()
    parser.add_argument('options', nargs='*', action=DictAction, default={})
    return parser.parse_args(options).options


def load_config(args: Namespace) -> Config:
    """Reads the config and merges the shared arguments into it.

    Args:
        args (Namespace): Arguments of ``hrvit_cli.arguments.add_run``.

    Returns:
        Config: The config.

    Raises:
        InputError: If there is no such config.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args)
    if args.compile:
        add_hook(cfg, 'mmseg_hrvit.CompileHook')
    cfg.launcher = args.launcher
    cfg.work_dir = (
        args.work_dir
        or cfg.get('work_dir')
        or os.path.join('work_dirs', Path(args.config).stem)
    )
    return cfg


def add_hook(cfg: Config, hook: str) -> None:
    """Appends a hook, by its type, to those of the config."""
    cfg.custom_hooks = [*cfg.get('custom_hooks', []), dict(type=hook)]


def find_config(name: str) -> str:
    """Returns the path of a config file, or of the shipped config of that name."""
    if os.path.isfile(name):
        return name
    if name.endswith('.py'):
        raise InputError(f'no config file {os.path.abspath(name)}: check the path')
    return config(name)


def build_runner(cfg: Config) -> Runner:
    """Builds mmengine's runner, or the config's own ``runner_type``."""
    return RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)


def print_table(table: Table) -> None:
    """Prints a table; where no terminal sets a width, nothing in it is folded.

    Args:
        table (Table): The table.
    """
    console = Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)
