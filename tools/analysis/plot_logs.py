"""Draws what training runs logged: a panel a key, a line a run.

A run that was resumed is one line, and of what was done twice the last is drawn.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.analysis.logs import plot_logs
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
    return parser.parse_args(argv)


def main(argv=None):
    """Draws the picture."""
    args = parse_args(argv)
    with one_line_errors():
        plot_logs(args.runs, args.keys, args.out)
        print(args.out)


if __name__ == '__main__':
    main()
