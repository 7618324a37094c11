"""Reads every file of the data sets that a config names, and reports what is wrong.

It names files that are missing or broken or have no partner, label maps whose size
differs from their image, and label values that are not a class. It also counts the
pixels and images of each class, and the image sizes, and warns of numbers with which a
network cannot learn. The exit status is 0 if all is well, 1 after an error or a
warning, and 2 if there is no data.
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
        '--workers',
        type=int,
        default=count_cores(),
        help='number of processes (default: one for each core)',
    )
