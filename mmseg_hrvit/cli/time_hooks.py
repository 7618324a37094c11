"""What ``hrvit time-hooks`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.hook_times import tabulate, time_hooks
from mmseg_hrvit.engine.cli import load_config
from mmseg_hrvit.engine.cpu import prepare_cpu
from mmseg_hrvit.engine.preflight import check_config
from mmseg_hrvit.engine.ranks import get_rank
from mmseg_hrvit.errors import InputError

from .tables import print_table


def run(args: Namespace) -> None:
    """Measures and prints the table."""
    if args.steps < 1:
        raise InputError('--steps: give 1 or more')
    cfg = load_config(args)
    prepare_cpu(cfg)
    check_config(cfg, ('train',))
    times = time_hooks(cfg, args.steps)
    if get_rank() == 0:
        print(f'{times.steps} steps of {times.step_seconds:.3g} s')
        print_table(tabulate(times))
