"""What ``hrvit compare-precisions`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.precision import compare_forms, open_form, tabulate
from mmseg_hrvit.engine.cli import read_config

from .tables import print_table


def run(args: Namespace) -> None:
    """Loads all forms, segments the images and prints the table."""
    cfg = read_config(args)
    forms = {name: open_form(name, cfg) for name in args.forms}
    outcomes = compare_forms(forms, cfg, args.max_images)
    print_table(tabulate(outcomes))
