"""What ``hrvit show-predictions`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.pictures import draw_sheet, predict
from mmseg_hrvit.engine.cli import read_config


def run(args: Namespace) -> None:
    """Draws the pictures."""
    config = read_config(args)
    draw_sheet(*predict(config, args.checkpoint, args.count), args.out)
    print(args.out)
