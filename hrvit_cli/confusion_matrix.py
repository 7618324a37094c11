"""Shows which classes a network confuses, as a picture and a table.

`hrvit test CONFIG CHECKPOINT --out DIR` writes the label maps. Each row shows the
predictions for one true class, as shares.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import add_config


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_config(parser)
    parser.add_argument(
        'maps', type=Path, metavar='DIR', help='folder with the label maps'
    )
    parser.add_argument(
        '--out',
        type=Path,
        default='confusion_matrix.png',
        help='picture; the table has the same name with .csv (default: %(default)s)',
    )
