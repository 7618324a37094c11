"""Prints a network's parameters and GFLOPs, part by part.

A GFLOP is a billion multiply-accumulates of convolutions, linear layers and
attention. 'paper' counts one of the two matrix products of attention, as the paper's
figures do; 'full' counts both; 'executed' counts the form for inference on a GPU.
"""

from argparse import ArgumentParser

from .arguments import add_config


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='size of the image (default: 512 512; 224 224 for a classifier)',
    )
    parser.add_argument(
        '--depth', type=int, default=3, help='levels of modules to show (default: 3)'
    )
    parser.add_argument(
        '--executed',
        action='store_true',
        help='also count the form for inference on a GPU',
    )
