"""Writes the paper's tables and Figure 5, with what is measured here beside them.

Every system is built from its config; nothing is trained. docs/paper.md says more.
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
        help='print these tables alone, and write nothing',
    )
    parser.add_argument(
        '--results',
        type=Path,
        metavar='DIR',
        help='work directories of own runs, DIR/CONFIG; their mIoU and top-1 are shown',
    )
    parser.add_argument(
        '--latency',
        type=Path,
        metavar='FILE',
        help='measured latencies (JSON): draws Figure 5 against them too',
    )
    parser.add_argument(
        '--out', type=Path, default=Path('docs'), metavar='DIR', help='default: docs'
    )
