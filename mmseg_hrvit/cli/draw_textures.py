"""What ``hrvit draw-textures`` does."""

from argparse import Namespace

from mmseg_hrvit.datasets.textures import TEXTURES, draw_dataset


def run(args: Namespace) -> None:
    """Draws the textures."""
    draw_dataset(args.out, args.train, args.val, args.size, args.seed)
    print(
        f'{args.out}: {len(TEXTURES)} classes, each with {args.train} images for '
        f'training, {args.val} held out'
    )
