"""Measures how much of a training's time the hooks of this package take.

Trains for some steps on the config's real data under Python's profiler, evaluates and
saves nothing, and leaves nothing behind.
"""

from argparse import ArgumentParser

from .arguments import add_run


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_run(parser)
    parser.add_argument('--steps', type=int, default=200, help='default: 200')
