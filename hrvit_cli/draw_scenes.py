"""Draws a data set of street scenes, in the folder layout of ADE20K."""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import whole


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('out', type=Path, help='folder for the data set')
    parser.add_argument(
        '--train', type=int, default=400, help='number of training images'
    )
    parser.add_argument(
        '--val', type=int, default=50, help='number of validation images'
    )
    parser.add_argument(
        '--size', type=int, nargs=2, default=(128, 192), metavar=('HEIGHT', 'WIDTH')
    )
    parser.add_argument('--seed', type=whole(0), default=0)
