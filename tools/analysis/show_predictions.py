"""Draws image, truth and prediction side by side for images of the test set."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.analysis.pictures import draw_sheet, predict
from mmseg_hrvit.engine.cli import CHECKPOINT_HELP, add_config, read_config
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_config(parser)
    parser.add_argument('checkpoint', help=CHECKPOINT_HELP)
    parser.add_argument('--out', type=Path, default='predictions.png')
    parser.add_argument('--count', type=int, default=6, help='number of images')
    return parser.parse_args(argv)


def main(argv=None):
    """Draws the pictures."""
    args = parse_args(argv)
    with one_line_errors():
        config = read_config(args)
        draw_sheet(*predict(config, args.checkpoint, args.count), args.out)
        print(args.out)


if __name__ == '__main__':
    main()
