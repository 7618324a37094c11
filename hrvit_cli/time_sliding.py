"""Measures what sliding windows cost outside the network, in mmseg's loop and here.

Weights and image are random. The time is that from an 8-bit image to labels. 'outside'
is the time outside backbone and head; memory is the peak in addition to the loaded
model.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import add_config


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        '--shape', type=int, nargs=2, metavar=('H', 'W'), default=(1024, 2048)
    )
    parser.add_argument('--classes', type=int, nargs='+', default=[19, 150])
    parser.add_argument(
        '--device', choices=('cpu', 'cuda'), default='cpu', help='default: cpu'
    )
    parser.add_argument('--rounds', type=int, default=3, help='default: 3')
    parser.add_argument('--warmup', type=int, default=1, help='default: 1')
    parser.add_argument('--out', type=Path, metavar='JSON', help='write the figures')
