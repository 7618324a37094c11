"""Writes the weights of a checkpoint, ready to be published.

It writes NAME-HASH.pth and NAME-HASH.safetensors; HASH is the first 8 digits of the
file's SHA-256. They contain no optimizer, schedules, logs or random states. If the run
averaged its weights (EMA), they contain the averaged ones.
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
    parser.add_argument(
        '--out', type=Path, metavar='DIR', help='default: folder of the checkpoint'
    )
    parser.add_argument(
        '--precision',
        choices=('fp32', 'fp16'),
        default='fp32',
        help='of matrices and kernels; fp16 halves the files (default: fp32)',
    )
    parser.add_argument('--name', help="default: CONFIG's name, or the checkpoint's")
