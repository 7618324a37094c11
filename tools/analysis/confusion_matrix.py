"""Shows which classes a network takes for which, as a picture and a table.

The label maps are those of tools/test.py CONFIG CHECKPOINT --out DIR. A row is a true
class, and its shares of all labels.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.analysis.confusion import count_confusions, draw_matrix, write_csv
from mmseg_hrvit.engine.cli import add_config, read_config
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
    return parser.parse_args(argv)


def run(args) -> None:
    """Counts, and writes picture and table."""
    cfg = read_config(args)
    matrix, classes = count_confusions(cfg, args.maps)
    table = args.out.with_suffix('.csv')
    draw_matrix(matrix, classes, args.out)
    write_csv(matrix, classes, table)
    print(args.out, table, sep='\n')


def main(argv=None):
    """Reads the command line and writes the files."""
    args = parse_args(argv)
    with one_line_errors():
        run(args)


if __name__ == '__main__':
    main()
