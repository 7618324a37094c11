"""What ``hrvit time-sliding`` does."""

import json
from argparse import Namespace
from dataclasses import asdict

import torch

from mmseg_hrvit.analysis.benchmark import describe_device
from mmseg_hrvit.analysis.sliding import Setup, compare_loops, tabulate
from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.errors import InputError

from .tables import print_table


def run(args: Namespace) -> None:
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
