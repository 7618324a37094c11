"""Draws what training runs logged: a panel a key, a line a run.

A resumed run is one line; of a step that ran twice, the last one is drawn.
"""

from argparse import ArgumentParser
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        'runs', nargs='+', type=Path, metavar='RUN', help='work directory of a run'
    )
    parser.add_argument(
        '--keys',
        nargs='+',
        default=['loss', 'mIoU'],
        metavar='KEY',
        help='of the log, e.g. loss decode.acc_seg lr mIoU (default: loss mIoU)',
    )
    parser.add_argument(
        '--out', type=Path, default='logs.png', help='default: logs.png'
    )
