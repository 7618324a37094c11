"""What ``hrvit browse`` does."""

from argparse import Namespace

from mmseg_hrvit.apis.data_folders import refuse_data_folders
from mmseg_hrvit.apis.picture_files import write_picture
from mmseg_hrvit.apis.results import make_folder
from mmseg_hrvit.engine.cli import read_segmentation
from mmseg_hrvit.preparation.browse import draw_contact_sheet, draw_samples


def run(args: Namespace) -> None:
    """Draws the samples."""
    cfg = read_segmentation(args)
    refuse_data_folders(args.out, cfg)
    make_folder(args.out)
    pictures = draw_samples(cfg, args.number, args.opacity, args.seed)
    for i, picture in enumerate(pictures):
        write_picture(args.out / f'{i:03d}.jpg', picture)
    write_picture(args.out / 'sheet.jpg', draw_contact_sheet(pictures))
    print(f'{len(pictures)} samples: {args.out / "sheet.jpg"}')
