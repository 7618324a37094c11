"""Measures how much of a training's time the hooks of this package take.

Trains for some steps on the config's real data under Python's profiler, evaluates and
saves nothing, and leaves nothing behind.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.analysis.hook_times import tabulate, time_hooks
from mmseg_hrvit.engine.cli import build_parser, load_config, print_table
from mmseg_hrvit.engine.launch import get_rank, one_line_errors, prepare_cpu
from mmseg_hrvit.engine.preflight import check_config
from mmseg_hrvit.errors import InputError


def parse_args(argv=None):
    """Reads the command line."""
    parser = build_parser(__doc__)
    parser.add_argument('--steps', type=int, default=200, help='default: 200')
    return parser.parse_args(argv)


def run(args) -> None:
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


def main(argv=None):
    """Reads the command line and measures."""
    args = parse_args(argv)
    with one_line_errors():
        run(args)


if __name__ == '__main__':
    main()
