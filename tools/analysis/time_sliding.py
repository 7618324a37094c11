"""Measures what windows cost outside of the network, in mmseg's loop and here.

Random weights and one random image, from 8 bits to labels. 'outside' is the time
outside of backbone and head; memory is the peak beyond the loaded model.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from mmseg_hrvit.analysis.benchmark import describe_device
from mmseg_hrvit.analysis.sliding import Setup, compare_loops, tabulate
from mmseg_hrvit.engine.cli import add_config, print_table, read_config
from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.errors import InputError


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_config(parser)
    parser.add_argument(
        '--shape', type=int, nargs=2, metavar=('H', 'W'), default=(1024, 2048)
    )
    parser.add_argument('--classes', type=int, nargs='+', default=[19, 150])
    parser.add_argument(
        '--device', choices=('cpu', 'cuda'), default='cpu', help='default: cpu'
    )
    parser.add_argument('--rounds', type=int, default=3, help='default: 3')
    parser.add_argument('--warmup', type=int, default=1, help='default: 1')
    parser.add_argument('--out', type=Path, metavar='JSON', help='write the figures')
    return parser.parse_args(argv)


def run(args) -> None:
    """Measures, prints the table and writes the file."""
    if min(*args.shape, *args.classes, args.rounds, args.warmup + 1) < 1:
        raise InputError('give a positive size, classes and rounds')
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise InputError('--device cuda: there is no GPU here')
    cfg = read_config(args)
    costs = []
    for classes in args.classes:
        setup = Setup(cfg, classes, tuple(args.shape), args.device)
        costs += compare_loops(setup, args.rounds, args.warmup)
    device = describe_device(args.device)
    height, width = args.shape
    print(f'{args.config}, {height} x {width}, {device}')
    print_table(tabulate(costs))
    if args.out:
        figures = dict(
            config=args.config,
            shape=list(args.shape),
            device=device,
            costs=[asdict(cost) for cost in costs],
        )
        args.out.write_text(json.dumps(figures, indent=1) + '\n')


def main(argv=None):
    """Reads the command line and measures."""
    args = parse_args(argv)
    with one_line_errors():
        run(args)


if __name__ == '__main__':
    main()
