"""Writes from a checkpoint what is handed on: its weights, and what they are.

NAME-HASH.pth and NAME-HASH.safetensors, HASH being the first 8 digits of the file's
SHA-256. Optimizer, schedules, logs and random states are left out; of a run that
averaged its weights (EMA), those are written.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import CHECKPOINT_HELP, CONFIG_HELP


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('checkpoint', type=Path, help=CHECKPOINT_HELP)
    parser.add_argument(
        '--config', help=f'check that the checkpoint fits it; {CONFIG_HELP}'
    )
    parser.add_argument('--out', type=Path, metavar='DIR', help='default: beside it')
    parser.add_argument('--name', help="default: CONFIG's name, or the checkpoint's")
