"""Segments images, a video, a camera or an address, and draws the result.

Into --out go overlays with a legend, label maps (the class of every pixel) and the
area of every class. A folder that was begun is finished, and nothing is done twice.
The exit status is 0, 1 if some files could not be read, 2 if nothing could be done.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.apis.results import ResultFolder
from mmseg_hrvit.apis.runs import segment_files, segment_video
from mmseg_hrvit.apis.sources import (
    download,
    find_images,
    is_address,
    is_video,
    names_below,
)
from mmseg_hrvit.engine.cli import MODEL_HELP
from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.errors import InputError

SOME_BAD = 1  # exit status


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'source',
        help="an image, a folder, a glob in quotes, a video, 'camera:0', or an "
        'HTTP(S) address of an image',
    )
    parser.add_argument('model', nargs='+', help=MODEL_HELP)
    parser.add_argument('--out', type=Path, default='results', help='default: results')
    parser.add_argument(
        '--areas', choices=('csv', 'json'), default='csv', help='default: csv'
    )
    parser.add_argument('--batch-size', type=int, default=1, help='default: 1')
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colours (default: 0.5)'
    )
    parser.add_argument('--max-frames', type=int, help='stop a video after so many')
    return parser.parse_args(argv)


def run(args) -> int:
    """Segments the source; returns the exit status."""
    if args.batch_size < 1 or (args.max_frames is not None and args.max_frames < 1):
        raise InputError('--batch-size and --max-frames: give 1 or more')
    source = args.source
    table = args.out / f'areas.{args.areas}'
    is_folder = not (is_address(source) or is_video(source))
    paths = find_images(source) if is_folder else []  # before the network is loaded
    segmenter = Segmenter.from_arguments(args.model)
    folder = ResultFolder(args.out, segmenter.metadata, args.opacity)
    if is_video(source):
        count = segment_video(
            segmenter, source, folder, table, args.batch_size, args.max_frames
        )
        print(f'{count} frames: {args.out}')
        return 0
    if is_address(source):
        name, image = download(source)
        folder.write(name, image, segmenter([image])[0].labels)
        names, bad = [name], []
    else:
        names = names_below(paths, source)
        files = list(zip(names, paths, strict=True))
        bad = segment_files(segmenter, files, folder, args.batch_size)
    folder.write_table(names, table)
    print(f'{len(names) - len(bad)} images: {args.out}')
    for message in bad:
        print(f'skipped: {message}', file=sys.stderr)
    return SOME_BAD if bad else 0


def main(argv=None):
    """Reads the command line, segments, and exits with the status."""
    args = parse_args(argv)
    with one_line_errors():
        sys.exit(run(args))


if __name__ == '__main__':
    main()
