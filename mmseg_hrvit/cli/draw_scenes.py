"""What ``hrvit draw-scenes`` does."""

from argparse import Namespace

from mmseg_hrvit.datasets.scenes import draw_dataset


def run(args: Namespace) -> None:
    """Draws the scenes."""
    draw_dataset(args.out, args.train, args.val, *args.size, args.seed)
    print(f'{args.out}: {args.train} scenes for training, {args.val} held out')
