"""What ``hrvit convert`` does."""

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.converters.ade20k import convert_ade20k
from mmseg_hrvit.preparation.converters.camvid import read_camvid
from mmseg_hrvit.preparation.converters.cityscapes import convert_cityscapes
from mmseg_hrvit.preparation.converters.coco import read_coco
from mmseg_hrvit.preparation.converters.config import config_path
from mmseg_hrvit.preparation.converters.labelme import read_labelme
from mmseg_hrvit.preparation.converters.masks import read_masks, read_table
from mmseg_hrvit.preparation.converters.target import write_dataset

SOME_BAD = 1  # exit status


def read_source(args: Namespace):
    """Reads annotations that become a new data set."""
    if args.kind == 'masks':
        table = read_table(args.table)
        return read_masks(args.images, args.masks, table, args.ignore, args.mask_ending)
    if args.kind == 'labelme':
        return read_labelme(args.folder, args.background, args.ignore)
    if args.kind == 'coco':
        return read_coco(args.annotations, args.images, args.background, args.ignore)
    return read_camvid(args.images, args.masks)


def convert(args: Namespace) -> tuple[Sequence[str], Iterable[str]]:
    """Converts; returns what is wrong with skipped files, and a summary."""
    if args.kind == 'cityscapes':
        return convert_cityscapes(args.out, args.workers), []
    if args.kind == 'ade20k':
        if args.out is None and not args.source.is_dir():
            raise InputError('give the folder to unpack into')
        args.out = args.out or args.source
        return convert_ade20k(args.source, args.out), []
    split = {k: getattr(args, k) for k in ('val_share', 'seed') if k in args}
    report = write_dataset(
        read_source(args), args.out, args.base, workers=args.workers, **split
    )
    return report.faults, report.describe()


def run(args: Namespace) -> int:
    """Converts; returns the exit status."""
    faults, summary = convert(args)
    for fault in faults:
        print(f'skipped: {fault}', file=sys.stderr)
    for line in summary:
        print(line)
    print(f'train it: hrvit train {config_path(args.out)}')
    return SOME_BAD if faults else 0
