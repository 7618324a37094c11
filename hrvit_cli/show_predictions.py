"""Draws image, truth and prediction side by side for images of the test set."""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import CHECKPOINT_HELP, add_config, whole


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument('checkpoint', help=CHECKPOINT_HELP)
    parser.add_argument('--out', type=Path, default='predictions.png')
    parser.add_argument('--count', type=whole(1), default=6, help='number of images')
