"""Measures what the layers of a network cost in OpenVINO, beside the machine's limits.

Weights and image are random; the type is float32. 'limit' is the time that a layer
needs at least: its arithmetic at the rate of a large product of matrices, or its inputs
and outputs at the rate of a copy in memory, whichever is longer. Small maps stay in the
caches, so a layer can be faster than its limit.
"""

from argparse import ArgumentParser

from .arguments import add_config


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        '--shape', type=int, nargs=2, metavar=('H', 'W'), default=(512, 512)
    )
    parser.add_argument('--threads', type=int, help="default: torch's")
    parser.add_argument('--rounds', type=int, default=10, help='default: 10')
