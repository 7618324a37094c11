"""What ``hrvit convert`` does."""

import sys
from argparse import Namespace
from pathlib import Path
from shlex import quote

from mmseg_hrvit.engine.exit_codes import SOME_BAD
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.converters.ade20k import convert_ade20k
from mmseg_hrvit.preparation.converters.camvid import read_camvid
from mmseg_hrvit.preparation.converters.cityscapes import convert_cityscapes
from mmseg_hrvit.preparation.converters.coco import read_coco
from mmseg_hrvit.preparation.converters.config import config_path
from mmseg_hrvit.preparation.converters.labelme import read_labelme
from mmseg_hrvit.preparation.converters.masks import read_masks, read_table
from mmseg_hrvit.preparation.converters.target import Report, write_dataset
from mmseg_hrvit.words import one_line

KEPT = ('cityscapes', 'ade20k')  # the layout of their data is


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


def convert(args: Namespace) -> Report:
    """Converts to a new data set."""
    target = args.out.resolve()
    for name in ('images', 'masks', 'folder'):
        source = getattr(args, name, None)
        if source and Path(source).resolve() in (target, *target.parents):
            raise InputError(
                f'{args.out} is inside {source}, which is read: give a folder elsewhere'
            )
    split = {k: getattr(args, k) for k in ('val_share', 'seed') if k in args}
    return write_dataset(
        read_source(args), args.out, args.base, workers=args.workers, **split
    )


def convert_kept(args: Namespace) -> list[str]:
    """Completes a published data set; returns what is wrong with skipped files."""
    if args.kind == 'cityscapes':
        return convert_cityscapes(args.out, args.workers)
    if args.out is None and not args.source.is_dir():
        raise InputError('give the folder to unpack into')
    args.out = args.out or args.source
    return convert_ade20k(args.source, args.out)


def run(args: Namespace) -> int:
    """Converts; returns the exit status."""
    if args.kind in KEPT:
        faults, warnings, summary = convert_kept(args), [], []
    else:
        report = convert(args)
        faults, warnings, summary = report.faults, report.warnings, report.describe()
    for fault in faults:
        print(f'skipped: {one_line(fault)}', file=sys.stderr)
    for warning in warnings:
        print(f'warning: {one_line(warning)}', file=sys.stderr)
    for line in summary:
        print(line)
    print(f'train it: hrvit train {quote(str(config_path(args.out)))}')
    return SOME_BAD if faults or warnings else 0
