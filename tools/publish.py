"""Writes from a checkpoint what is handed on: its weights, and what they are.

NAME-HASH.pth and NAME-HASH.safetensors, HASH being the first 8 digits of the file's
SHA-256. Optimizer, schedules, logs and random states are left out; of a run that
averaged its weights (EMA), those are written.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmengine.config import Config

from mmseg_hrvit.checkpoints.publish import publish_file
from mmseg_hrvit.engine.cli import CHECKPOINT_HELP, CONFIG_HELP, find_config
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('checkpoint', type=Path, help=CHECKPOINT_HELP)
    parser.add_argument(
        '--config', help=f'check that the checkpoint fits it; {CONFIG_HELP}'
    )
    parser.add_argument('--out', type=Path, metavar='DIR', help='default: beside it')
    parser.add_argument('--name', help="default: CONFIG's name, or the checkpoint's")
    return parser.parse_args(argv)


def main(argv=None):
    """Writes the files and prints their sizes."""
    args = parse_args(argv)
    src = args.checkpoint
    name = args.name or Path(args.config or src).stem
    with one_line_errors():
        cfg = Config.fromfile(find_config(args.config)) if args.config else None
        for path in publish_file(src, args.out or src.parent, name, cfg):
            print(f'{path}: {path.stat().st_size / 2**20:,.1f} MiB')
        print(f'from {src}: {src.stat().st_size / 2**20:,.1f} MiB')


if __name__ == '__main__':
    main()
