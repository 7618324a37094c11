"""What the command lines of the tools share."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from rich.console import Console
from rich.table import Table

from mmseg_hrvit.configs import config
from mmseg_hrvit.errors import InputError

CONFIG_HELP = (
    'a config file, or the name of a shipped one; it is a Python program, and is '
    'executed: use those of people you trust'
)
CHECKPOINT_HELP = 'checkpoint file, .pth or .safetensors; nothing in it is executed'
MODEL_HELP = (
    'a config, or the name of a shipped one, and a checkpoint; or a file that '
    'tools/export.py wrote'
)
FILE_WIDTH = 200  # columns


def add_config(parser: ArgumentParser) -> None:
    """Adds the config, and options that change it; ``read_config`` reads them.

    Args:
        parser (ArgumentParser): Gets 'config' and '--cfg-options'.
    """
    parser.add_argument('config', help=CONFIG_HELP)
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='change the config, e.g. train_dataloader.batch_size=4 key="[a,b]"',
    )


def read_config(args: Namespace) -> Config:
    """Reads the config and changes it as it was asked.

    Args:
        args (Namespace): Arguments of ``add_config``.

    Returns:
        Config: The config.

    Raises:
        InputError: If there is no such config.
    """
    cfg = Config.fromfile(find_config(args.config))
    cfg.merge_from_dict(args.cfg_options)
    return cfg


def build_parser(description: str) -> ArgumentParser:
    """Makes a parser with the arguments of mmseg's tools that both have.

    Args:
        description (str): What the tool does.

    Returns:
        ArgumentParser: The parser.
    """
    parser = ArgumentParser(description=description)
    add_config(parser)
    parser.add_argument('--work-dir', help='default: work_dirs/CONFIG')
    parser.add_argument(
        '--compile',
        action='store_true',
        help='compile the repeated parts of HRViT by torch.compile',
    )
    parser.add_argument(
        '--launcher', choices=('none', 'pytorch', 'slurm', 'mpi'), default='none'
    )
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser


def load_config(args: Namespace) -> Config:
    """Reads the config and merges the shared arguments into it.

    Args:
        args (Namespace): Arguments from ``build_parser``.

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
