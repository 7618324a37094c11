"""Converts annotations to label maps, in mmseg's folders, with a config for them.

It writes a folder with images, annotations and a config named after the folder:
`hrvit train OUT/NAME.py` trains on it. The exit status is 0, or 1 if the command
skipped broken files or if labels may be rotated, or 2 if it could convert nothing.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import count_cores, whole

BASE = 'hrvit_b1_camvid'


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
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
        help="suffix of a label map's name after the name of its image, e.g. _L",
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
        'out',
        type=Path,
        nargs='?',
        help='new folder for a zip; a folder is only checked',
    )
    for kind in (masks, labelme, coco, camvid):
        add_writing(kind)
    for kind in (masks, labelme, coco):
        add_splitting(kind)
    for kind in (labelme, coco):
        kind.add_argument(
            '--background',
            metavar='NAME',
            help='class of pixels without annotation (default: they are ignored)',
        )
    for kind in (masks, labelme, coco, camvid, cityscapes):
        kind.add_argument(
            '--workers',
            type=int,
            default=count_cores(),
            help='number of processes (default: one for each core)',
        )


def add_writing(parser: ArgumentParser) -> None:
    """Adds the arguments of a converter that writes a new data set."""
    parser.add_argument('out', type=Path, help='new folder for the data set')
    parser.add_argument(
        '--base',
        default=BASE,
        metavar='CONFIG',
        help=f'shipped config to inherit (default: {BASE})',
    )


def add_splitting(parser: ArgumentParser) -> None:
    """Adds the arguments for data that has no split yet."""
    parser.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='share of the images for validation (default: 0.2); images in folders '
        'named train, val or test, at any depth, keep their split',
    )
    parser.add_argument(
        '--seed', type=whole(0), default=0, help='seed of the split (default: 0)'
    )
    parser.add_argument(
        '--ignore', nargs='+', default=[], metavar='CLASS', help='classes to ignore'
    )
