"""Draws the loss and the mIoU of a training run over its iterations."""

from argparse import ArgumentParser
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('work_dir', type=Path, help='work directory of the run')
    parser.add_argument('--out', type=Path, help='default: WORK_DIR/curve.png')
