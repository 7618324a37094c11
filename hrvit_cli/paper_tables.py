"""Writes the paper's tables and Figure 5 with the figures measured here beside them.

It builds each network from its config and trains nothing; docs/paper.md explains it.
"""

from argparse import ArgumentParser
from pathlib import Path

TABLES = (3, 4, 5, 6, 7, 8, 9)


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        '--tables',
        type=int,
        nargs='+',
        choices=TABLES,
        metavar='N',
        help='print only these tables, and write nothing',
    )
    parser.add_argument(
        '--results',
        type=Path,
        metavar='DIR',
        help='folder of your work directories, DIR/CONFIG; shows their mIoU and top-1',
    )
    parser.add_argument(
        '--latency',
        type=Path,
        metavar='FILE',
        help='measured latencies (JSON), to draw Figure 5 against latency, too',
    )
    parser.add_argument(
        '--out', type=Path, default=Path('docs'), metavar='DIR', help='default: docs'
    )
