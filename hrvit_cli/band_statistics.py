"""Measures mean and standard deviation of every band of a data set.

The memory does not depend on the size of the files. Copy the printed lines into
model.data_preprocessor of the config. The command ignores pixels without data.
"""

from argparse import ArgumentParser

from .arguments import add_config


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        '--split',
        choices=('train', 'val', 'test'),
        default='train',
        help='default: train',
    )
