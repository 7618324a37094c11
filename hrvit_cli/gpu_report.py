"""Measures the networks on a GPU, and writes a report in Markdown, JSON and a picture.

The rows are b1, b2 and b3 beside the MiT of equal accuracy and the literal
transcription in tests/: eager, compiled and with CUDA graphs, bfloat16 and float16, one
image and sixteen, inference and training steps. Each row has the memory, the kernels
and the share of the GPU's peak rate. The most important rows come first, and the
command writes the report after each row.
"""

from argparse import ArgumentParser
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        '--out',
        type=Path,
        required=True,
        metavar='DIR',
        help='gets report.md, report.json and report.png',
    )
    parser.add_argument(
        '--device', choices=('cpu', 'cuda'), default='cuda', help='default: cuda'
    )
    parser.add_argument(
        '--smoke',
        action='store_true',
        help='try the tool itself with tiny networks and images, also on a CPU; '
        'Inductor compiles nothing',
    )
    parser.add_argument(
        '--minutes',
        type=float,
        default=6.0,
        help='start no new row after this time (default: 6)',
    )
