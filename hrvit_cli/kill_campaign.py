"""Kills a training run again and again, and compares it with an uninterrupted run.

It runs the config once to its end. Then it runs it again: it kills a process at a
random moment of training, validation or saving, continues with --resume, and so on.
Choose a short run with --cfg-options. At the end it prints how many kills the files
survived, after how many of them weights and optimizer were equal bit for bit, how many
faults there were, and how many validation results were lost.
"""

from argparse import ArgumentParser

from .arguments import add_config, whole


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument('--kills', type=int, default=100, help='default: 100')
    parser.add_argument(
        '--processes', type=int, default=1, help='processes of the run (default: 1)'
    )
    parser.add_argument(
        '--work-dir',
        help='new folder for the runs; default: work_dirs/CONFIG_kills',
    )
    parser.add_argument(
        '--seed',
        type=whole(0),
        default=0,
        help='seed for the moments of the kills (default: 0)',
    )
