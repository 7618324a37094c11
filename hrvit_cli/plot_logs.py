"""Draws what training runs logged: one panel for each key, one line for each run.

A resumed run is one line. If a step ran twice, the line shows the second time.
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
        help='keys of the log, e.g. loss decode.acc_seg lr mIoU (default: loss mIoU)',
    )
    parser.add_argument(
        '--out', type=Path, default='logs.png', help='default: logs.png'
    )
