"""Arguments that several commands take: the config, launch options, files to load."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable

CONFIG_HELP = (
    'a config file, or the name of a shipped config; configs are Python programs that '
    'this command executes, so use only those of people you trust'
)
CHECKPOINT_HELP = (
    'checkpoint, .pth or .safetensors, or the name of weights in the package; nothing '
    'in it is executed'
)
WEIGHTS_HELP = (
    'the name of weights in the package (hrvit_quickstart), a weight file or URL, or '
    'OWNER/REPOSITORY of the Hugging Face Hub'
)
MODEL_HELP = (
    f'{WEIGHTS_HELP}; or a config, or the name of a shipped config, and a checkpoint; '
    'or a file that `hrvit export` wrote'
)


def whole(least: int) -> Callable[[str], int]:
    """Makes the type of an option that takes whole numbers.

    Args:
        least (int): The smallest of them.

    Returns:
        Callable[[str], int]: Reads one; raises ArgumentTypeError for anything else.
    """

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ArgumentTypeError(f'{text}: give a whole number, {least} or more')
        return int(text)

    return read


def share(text: str) -> float:
    """Reads a number from 0 to 1; raises ArgumentTypeError for anything else."""
    try:
        if 0 <= float(text) <= 1:
            return float(text)
    except ValueError:
        pass
    raise ArgumentTypeError(f'{text}: give a number from 0 to 1')


def add_config(parser: ArgumentParser) -> None:
    """Adds the config, and options that change it.

    ``mmseg_hrvit.engine.cli.read_config`` reads them.

    Args:
        parser (ArgumentParser): Gets 'config' and '--cfg-options'.
    """
    parser.add_argument('config', help=CONFIG_HELP)
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        default=[],
        metavar='KEY=VALUE',
        help='change the config, e.g. train_dataloader.batch_size=4 key="[a,b]"',
    )


def add_run(parser: ArgumentParser) -> None:
    """Adds the arguments of training and testing; mmseg's own tools take the same.

    ``mmseg_hrvit.engine.cli.load_config`` reads it.

    Args:
        parser (ArgumentParser): Gets the arguments.
    """
    add_config(parser)
    parser.add_argument('--work-dir', help='default: work_dirs/CONFIG')
    parser.add_argument(
        '--crop',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='train on crops of this size, and test with windows of this size',
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='NAME',
        help='train and evaluate only these classes of the data set; ignore the others',
    )
    parser.add_argument(
        '--compile',
        action='store_true',
        help='compile the repeated parts of HRViT with torch.compile',
    )
    parser.add_argument(
        '--launcher', choices=('none', 'pytorch', 'slurm', 'mpi'), default='none'
    )
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def add_device(parser: ArgumentParser) -> None:
    """Adds the option that says where a config and a checkpoint run.

    Args:
        parser (ArgumentParser): Gets '--device'.
    """
    parser.add_argument(
        '--device',
        metavar='NAME',
        help="where a config and a checkpoint run: 'cpu', 'cuda', 'cuda:1', 'mps', "
        "'xpu' (default: 'cuda' if there is one, else 'cpu')",
    )


def count_cores() -> int:
    """Returns how many processors this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS and Windows bind no process to processors
