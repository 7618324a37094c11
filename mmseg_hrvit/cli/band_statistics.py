"""What ``hrvit band-statistics`` does."""

from argparse import Namespace

from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.rasters.statistics import measure


def run(args: Namespace) -> None:
    """Prints mean and standard deviation."""
    found = measure(read_config(args), args.split)
    for name in ('mean', 'std'):
        values = ', '.join(f'{value:.6g}' for value in getattr(found, name))
        print(f'{name}=[{values}],')
    print(f'# of {found.count:,} pixels')
