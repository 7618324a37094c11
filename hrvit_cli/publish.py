"""Writes the weights of a checkpoint, ready to be published.

The files are NAME-HASH.pth and NAME-HASH.safetensors, HASH being the first 8 digits of
the file's SHA-256. They have no optimizer, schedules, logs and random states; of a run
that averaged its weights (EMA), they have the averaged ones.
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
