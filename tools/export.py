"""Writes a trained network to a file of an inference engine, and tries the file.

The file carries classes, colours, normalisation and the size rule; tools/demo.py
takes it in place of config and checkpoint.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.apis.segmenter import read_images
from mmseg_hrvit.apis.sources import find_images
from mmseg_hrvit.engine.cli import CHECKPOINT_HELP, add_config, read_config
from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import FORMATS, OUTPUTS, PRECISIONS, write_network
from mmseg_hrvit.export.images import prepare
from mmseg_hrvit.export.metadata import fix_size


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_config(parser)
    parser.add_argument('checkpoint', help=CHECKPOINT_HELP)
    parser.add_argument('--to', choices=FORMATS, required=True, help='the format')
    parser.add_argument(
        '--out', type=Path, help='the file (default: CONFIG with the suffix)'
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='of all images (default: any from 33 on)',
    )
    parser.add_argument(
        '--output',
        choices=OUTPUTS,
        default='logits',
        help="at the head's stride (default), at the image's size, or labels",
    )
    parser.add_argument(
        '--normalized',
        action='store_true',
        help='the file takes normalised images, not values from 0 to 255',
    )
    parser.add_argument(
        '--precision', choices=PRECISIONS, default='fp32', help='default: fp32'
    )
    parser.add_argument(
        '--images',
        metavar='SOURCE',
        help='a folder or glob: int8 is calibrated, and labels are compared on them',
    )
    return parser.parse_args(argv)


def run(args) -> None:
    """Writes the file and prints how it did."""
    if args.precision != 'fp32' and not args.images:
        raise InputError(f'--precision {args.precision} needs --images to compare on')
    start = time.perf_counter()
    cfg = read_config(args)
    segmenter = Segmenter.from_checkpoint(cfg, args.checkpoint)
    metadata = replace(
        segmenter.metadata,
        output=args.output,
        normalized=args.normalized,
        precision=args.precision,
    )
    if args.size:
        metadata = fix_size(metadata, args.size)
    paths = find_images(args.images) if args.images else []
    images = [prepare(image, metadata) for image in read_images(paths)]
    out = args.out or Path(args.config).with_suffix(FORMATS[args.to].suffix)
    trial = write_network(segmenter.segmentor.cpu(), out, metadata, args.to, images)
    print(f'{out}: written and tried in {time.perf_counter() - start:.0f} s')
    print(f'largest difference from torch: {trial.difference:.1e} of the output')
    if trial.agreement is not None:
        count = f'{len(images)} image{"s" * (len(images) > 1)}'
        print(f'same label as in torch: {100 * trial.agreement:.2f} % of {count}')


def main(argv=None):
    """Reads the command line and writes the file."""
    args = parse_args(argv)
    with one_line_errors():
        run(args)


if __name__ == '__main__':
    main()
