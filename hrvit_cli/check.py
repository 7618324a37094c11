"""Reads every file of the data sets that a config names, and reports what is wrong.

Named are files that are missing, broken or without partner, label maps of another
size than their images, and label values that are no class. It also counts the pixels
and images of every class, and the sizes, and warns of numbers that let a network learn
nothing. The exit status is 0, 1 if something is wrong or there is a warning, 2 if
nothing could be done.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import add_config, count_cores

SPLITS = ('train', 'val', 'test')


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        '--split',
        nargs='+',
        choices=SPLITS,
        default=['train', 'val'],
        help='default: train val',
    )
    parser.add_argument(
        '--out', type=Path, help='folder for report.json and a picture of each split'
    )
    parser.add_argument(
        '--workers', type=int, default=count_cores(), help='default: a core each'
    )
