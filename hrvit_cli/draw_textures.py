"""Draws a data set of ten classes of textures, in the folder layout of ImageNet."""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import whole


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('out', type=Path, help='folder for the data set')
    parser.add_argument(
        '--train', type=int, default=100, help='training images for each class'
    )
    parser.add_argument(
        '--val', type=int, default=20, help='validation images for each class'
    )
    parser.add_argument('--size', type=int, default=128, help='height and width')
    parser.add_argument('--seed', type=whole(0), default=0)
