"""Draws a data set of ten classes of textures, in the folder layout of ImageNet."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.datasets.textures import TEXTURES, draw_dataset
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, help='folder for the data set')
    parser.add_argument(
        '--train', type=int, default=100, help='training images of a class'
    )
    parser.add_argument(
        '--val', type=int, default=20, help='validation images of a class'
    )
    parser.add_argument('--size', type=int, default=128, help='height and width')
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args(argv)


def main(argv=None):
    """Draws the textures."""
    args = parse_args(argv)
    with one_line_errors():
        draw_dataset(args.out, args.train, args.val, args.size, args.seed)
        print(
            f'{args.out}: {len(TEXTURES)} classes, each with {args.train} images for '
            f'training, {args.val} held out'
        )


if __name__ == '__main__':
    main()
