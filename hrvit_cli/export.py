"""Writes a trained network to a file of an inference engine, and tests the file.

The file contains classes, colours, normalisation and the size rule. `hrvit demo` and
`hrvit serve` take it in place of config and checkpoint.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import CHECKPOINT_HELP, WEIGHTS_HELP, add_config

FORMATS = ('onnx', 'torchexport', 'openvino', 'tensorrt')
OUTPUTS = ('logits', 'resized', 'labels')
PRECISIONS = ('fp32', 'fp16', 'int8')


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help=f'{CHECKPOINT_HELP}; without it, CONFIG is {WEIGHTS_HELP}',
    )
    parser.add_argument(
        '--to', choices=FORMATS, required=True, help='format of the file'
    )
    parser.add_argument(
        '--out',
        type=Path,
        help='the file (default: CONFIG and the suffix of the format)',
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='size of all images (default: any size from 33 pixels up)',
    )
    parser.add_argument(
        '--output',
        choices=OUTPUTS,
        default='logits',
        help="logits at the head's stride (default) or at the image's size, or labels",
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
        help='folder or glob of images, to calibrate int8 and to compare labels',
    )
