"""Measures the share of the training time that the hooks of this package take.

It trains for some steps on the config's real data under Python's profiler. It does not
evaluate or save anything, and leaves no files.
"""

from argparse import ArgumentParser

from .arguments import add_run


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_run(parser)
    parser.add_argument(
        '--steps', type=int, default=200, help='steps to train (default: 200)'
    )
