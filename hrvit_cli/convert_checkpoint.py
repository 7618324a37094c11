"""Converts an ImageNet checkpoint of the authors' code, or of the public CSWin."""

from argparse import ArgumentParser


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        'src',
        help="checkpoint of the authors' code, or of CSWin; nothing in it is executed",
    )
    parser.add_argument('dst', help='.pth or .safetensors file to write')
    parser.add_argument(
        '--classifier',
        action='store_true',
        help="convert to mmpretrain's classification model, not only to a backbone",
    )
