"""What ``hrvit publish`` does."""

from argparse import Namespace
from pathlib import Path

from mmengine.config import Config

from mmseg_hrvit.checkpoints.publish import publish_file
from mmseg_hrvit.configs import find_config


def run(args: Namespace) -> None:
    """Writes the files and prints their sizes."""
    src = args.checkpoint
    name = args.name or Path(args.config or src).stem
    cfg = Config.fromfile(find_config(args.config)) if args.config else None
    out = args.out or src.parent
    for path in publish_file(src, out, name, cfg, args.precision):
        print(f'{path}: {path.stat().st_size / 2**20:,.1f} MiB')
    print(f'from {src}: {src.stat().st_size / 2**20:,.1f} MiB')
