"""Shows which classes a network takes for which, as a picture and a table.

The label maps are those of `hrvit test CONFIG CHECKPOINT --out DIR`. A row is a true
class, and its shares of all labels.
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
        help='picture; the table gets its name with .csv (default: %(default)s)',
    )
