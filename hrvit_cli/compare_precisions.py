"""Compares exported files, and checkpoints in a lower precision, on a test set.

All of them segment the same images in turn. The command compares labels and speed with
those of the first one. The time is that from an image in memory to its label map.
"""

from argparse import ArgumentParser

from .arguments import add_config


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        'forms',
        nargs='+',
        metavar='FORM',
        help='a file that `hrvit export` wrote, CHECKPOINT or CHECKPOINT@bfloat16',
    )
    parser.add_argument(
        '--max-images',
        type=int,
        help='use only this number of images, evenly spread (default: all)',
    )
