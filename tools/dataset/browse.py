"""Draws training samples as a config augments them, with their labels over them.

Into --out go a contact sheet, sheet.jpg, and every sample as a picture of its own.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.engine.cli import add_config, read_config
from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.preparation.browse import (
    draw_contact_sheet,
    draw_samples,
    write_picture,
)


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_config(parser)
    parser.add_argument('--number', type=int, default=9, help='samples (default: 9)')
    parser.add_argument('--out', type=Path, default='browse', help='default: browse')
    parser.add_argument('--seed', type=int, default=0, help='default: 0')
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colours (default: 0.5)'
    )
    return parser.parse_args(argv)


def main(argv=None):
    """Draws the samples."""
    args = parse_args(argv)
    with one_line_errors():
        cfg = read_config(args)
        pictures = draw_samples(cfg, args.number, args.opacity, args.seed)
        args.out.mkdir(parents=True, exist_ok=True)
        for i, picture in enumerate(pictures):
            write_picture(picture, str(args.out / f'{i:03d}.jpg'))
        write_picture(draw_contact_sheet(pictures), str(args.out / 'sheet.jpg'))
        print(f'{len(pictures)} samples: {args.out / "sheet.jpg"}')


if __name__ == '__main__':
    main()
