"""Draws the loss and the mIoU of a training run over its iterations."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.analysis.curves import plot_run
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='work directory of the run')
    parser.add_argument('--out', type=Path, help='default: WORK_DIR/curve.png')
    return parser.parse_args(argv)


def main(argv=None):
    """Draws the curve."""
    args = parse_args(argv)
    out = args.out or args.work_dir / 'curve.png'
    with one_line_errors():
        plot_run(args.work_dir, out)
        print(out)


if __name__ == '__main__':
    main()
