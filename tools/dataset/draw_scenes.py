"""Draws a data set of street scenes, in the folder layout of ADE20K."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.datasets.scenes import draw_dataset
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, help='folder for the data set')
    parser.add_argument('--train', type=int, default=400, help='training images')
    parser.add_argument('--val', type=int, default=50, help='validation images')
    parser.add_argument(
        '--size', type=int, nargs=2, default=(128, 192), metavar=('HEIGHT', 'WIDTH')
    )
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args(argv)


def main(argv=None):
    """Draws the scenes."""
    args = parse_args(argv)
    with one_line_errors():
        draw_dataset(args.out, args.train, args.val, *args.size, args.seed)
        print(f'{args.out}: {args.train} scenes for training, {args.val} held out')


if __name__ == '__main__':
    main()
