"""What ``hrvit band-statistics`` does."""

import sys
from argparse import Namespace

from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.rasters.band_values import join
from mmseg_hrvit.rasters.band_warnings import find_fills
from mmseg_hrvit.rasters.statistics import measure_files


def run(args: Namespace) -> None:
    """Prints mean and standard deviation."""
    files = measure_files(read_config(args), args.split)
    found = join(files).statistics
    for name in ('mean', 'std'):
        values = ', '.join(f'{value:.6g}' for value in getattr(found, name))
        print(f'{name}=[{values}],')
    print(f'# of {found.count:,} pixels')
    for line in find_fills(files):
        print(f'warning: {line}', file=sys.stderr)
