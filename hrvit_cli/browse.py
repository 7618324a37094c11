"""Draws training samples as a config augments them, with their labels over them.

It writes each sample to a file in --out, and all of them to sheet.jpg there.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import add_config, share, whole


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        '--number', type=whole(1), default=9, help='number of samples (default: 9)'
    )
    parser.add_argument('--out', type=Path, default='browse', help='default: browse')
    parser.add_argument('--seed', type=whole(0), default=0, help='default: 0')
    parser.add_argument(
        '--opacity',
        type=share,
        default=0.5,
        help='opacity of the colours (default: 0.5)',
    )
