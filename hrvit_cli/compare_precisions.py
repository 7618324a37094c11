"""Compares exported files, and checkpoints in a lower precision, on a test set.

All segment the same images in turn. Labels and speed are beside the first's; the time
is from an image in memory to its label map.
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
        help='a file of `hrvit export`, CHECKPOINT or CHECKPOINT@bfloat16',
    )
    parser.add_argument(
        '--max-images', type=int, help='so many, evenly spread (default: all)'
    )
