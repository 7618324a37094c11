"""Compares exported files, and checkpoints in a lower precision, on a test set.

All segment the same images in turn. Labels and speed are beside the first's; the time
is from an image in memory to its label map.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.analysis.precision import compare_forms, open_form, tabulate
from mmseg_hrvit.engine.cli import add_config, print_table, read_config
from mmseg_hrvit.engine.launch import one_line_errors


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_config(parser)
    parser.add_argument(
        'forms',
        nargs='+',
        metavar='FORM',
        help='a file of tools/export.py, CHECKPOINT or CHECKPOINT@bfloat16',
    )
    parser.add_argument(
        '--max-images', type=int, help='so many, evenly spread (default: all)'
    )
    return parser.parse_args(argv)


def run(args) -> None:
    """Loads all, segments and prints the table."""
    cfg = read_config(args)
    forms = {name: open_form(name, cfg) for name in args.forms}
    outcomes = compare_forms(forms, cfg, args.max_images)
    print_table(tabulate(outcomes))


def main(argv=None):
    """Reads the command line and compares."""
    args = parse_args(argv)
    with one_line_errors():
        run(args)


if __name__ == '__main__':
    main()
