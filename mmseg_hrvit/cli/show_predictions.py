"""What ``hrvit show-predictions`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.pictures import draw_sheet, predict
from mmseg_hrvit.apis.data_folders import refuse_crops, refuse_data_folders
from mmseg_hrvit.engine.cli import read_segmentation
from mmseg_hrvit.files import check_output


def run(args: Namespace) -> None:
    """Draws the pictures."""
    config = read_segmentation(args)
    refuse_crops(config, 'show-predictions')
    refuse_data_folders(args.out, config)
    check_output(args.out, [args.config, args.checkpoint])
    draw_sheet(*predict(config, args.checkpoint, args.count), args.out)
    print(args.out)
