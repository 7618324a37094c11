"""Converts annotations to label maps, in mmseg's folders, with a config for them.

The folder that is made holds images, annotations and a config of the folder's name:
`python tools/train.py OUT/NAME.py` trains on it. The exit status is 0, 1 if some
files were broken and left out, 2 if nothing could be done.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.preparation.converters.ade20k import convert_ade20k
from mmseg_hrvit.preparation.converters.camvid import read_camvid
from mmseg_hrvit.preparation.converters.cityscapes import convert_cityscapes
from mmseg_hrvit.preparation.converters.coco import read_coco
from mmseg_hrvit.preparation.converters.config import config_path
from mmseg_hrvit.preparation.converters.labelme import read_labelme
from mmseg_hrvit.preparation.converters.masks import read_masks, read_table
from mmseg_hrvit.preparation.converters.target import write_dataset
from mmseg_hrvit.preparation.parallel import count_cores

SOME_BAD = 1  # exit status
BASE = 'hrvit_b1_camvid'


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest='kind', required=True, metavar='KIND')
    masks = kinds.add_parser('masks', help='label maps with a colour for each class')
    masks.add_argument('images', type=Path, help='folder of the images')
    masks.add_argument('masks', type=Path, help='folder of the label maps')
    masks.add_argument(
        'table', type=Path, help='CSV with name,r,g,b, or JSON {"name": [r, g, b]}'
    )
    masks.add_argument(
        '--mask-ending',
        default='',
        metavar='TEXT',
        help="what follows the image's name in that of its label map, e.g. _L",
    )
    labelme = kinds.add_parser('labelme', help='JSON files of LabelMe')
    labelme.add_argument('folder', type=Path, help='folder of the JSON files')
    coco = kinds.add_parser('coco', help="a JSON file in COCO's format")
    coco.add_argument('annotations', type=Path, help='the JSON file')
    coco.add_argument('images', type=Path, help='folder of the images')
    camvid = kinds.add_parser('camvid', help='CamVid as published, to its 11 classes')
    camvid.add_argument('images', type=Path, help='701_StillsRaw_full')
    camvid.add_argument('masks', type=Path, help='LabeledApproved_full')
    cityscapes = kinds.add_parser(
        'cityscapes', help='Cityscapes as published, in place'
    )
    cityscapes.add_argument('out', type=Path, help='folder with leftImg8bit and gtFine')
    ade20k = kinds.add_parser('ade20k', help='ADE20K as published')
    ade20k.add_argument('source', type=Path, help='ADEChallengeData2016.zip or folder')
    ade20k.add_argument(
        'out', type=Path, nargs='?', help='new folder; a folder is checked in place'
    )
    for kind in (masks, labelme, coco, camvid):
        add_writing(kind)
    for kind in (masks, labelme, coco):
        add_splitting(kind)
    for kind in (labelme, coco):
        kind.add_argument(
            '--background',
            metavar='NAME',
            help='make pixels without annotation this class; default: they are ignored',
        )
    for kind in (masks, labelme, coco, camvid, cityscapes):
        kind.add_argument(
            '--workers', type=int, default=count_cores(), help='default: a core each'
        )
    args = parser.parse_args(argv)
    if args.kind == 'ade20k' and args.out is None and not args.source.is_dir():
        ade20k.error('give the folder to unpack into')
    return args


def add_writing(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of what writes a new data set."""
    parser.add_argument('out', type=Path, help='new folder for the data set')
    parser.add_argument(
        '--base',
        default=BASE,
        metavar='CONFIG',
        help=f'shipped config that the written one inherits (default: {BASE})',
    )


def add_splitting(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of data without a split of its own."""
    parser.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='share of the images for validation (default: 0.2), but for those in '
        'folders called train, val or test',
    )
    parser.add_argument('--seed', type=int, default=0, help='of the split (default: 0)')
    parser.add_argument(
        '--ignore', nargs='+', default=[], metavar='CLASS', help='classes to ignore'
    )


def read_source(args):
    """Reads the annotations of the kinds that become a new data set."""
    if args.kind == 'masks':
        table = read_table(args.table)
        return read_masks(args.images, args.masks, table, args.ignore, args.mask_ending)
    if args.kind == 'labelme':
        return read_labelme(args.folder, args.background, args.ignore)
    if args.kind == 'coco':
        return read_coco(args.annotations, args.images, args.background, args.ignore)
    return read_camvid(args.images, args.masks)


def convert(args) -> list[str]:
    """Converts; returns what is wrong with each file that was left out."""
    if args.kind == 'cityscapes':
        return convert_cityscapes(args.out, args.workers)
    if args.kind == 'ade20k':
        args.out = args.out or args.source
        return convert_ade20k(args.source, args.out)
    split = {k: getattr(args, k) for k in ('val_share', 'seed') if k in args}
    return write_dataset(
        read_source(args), args.out, args.base, workers=args.workers, **split
    )


def main(argv=None):
    """Reads the command line, converts, and exits with the status."""
    args = parse_args(argv)
    with one_line_errors():
        faults = convert(args)
        for fault in faults:
            print(f'left out: {fault}', file=sys.stderr)
        print(f'train it: python tools/train.py {config_path(args.out)}')
        sys.exit(SOME_BAD if faults else 0)


if __name__ == '__main__':
    main()
