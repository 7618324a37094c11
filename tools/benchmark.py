"""Times the inference of networks side by side, interleaved in one run.

Random weights, float32, from image to logits. Compare the ratios: on a shared
machine single times drift, and they drift for all networks alike.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from mmengine.config import Config
from rich.console import Console

from mmseg_hrvit.analysis.benchmark import describe_device, tabulate, time_inference
from mmseg_hrvit.engine.cli import CONFIG_HELP, find_config
from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.errors import InputError


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('configs', nargs='+', help=f'one or more: {CONFIG_HELP}')
    parser.add_argument(
        '--shape', type=int, nargs=2, metavar=('H', 'W'), default=(512, 512)
    )
    parser.add_argument('--batch-size', type=int, default=1)
    parser.add_argument(
        '--device', choices=('cpu', 'cuda'), default='cpu', help='default: cpu'
    )
    parser.add_argument('--rounds', type=int, default=10, help='default: 10')
    parser.add_argument('--warmup', type=int, default=2, help='default: 2')
    parser.add_argument('--out', type=Path, metavar='JSON', help='write the times')
    return parser.parse_args(argv)


def run(args) -> None:
    """Times the networks, prints the table and writes the file."""
    if min(*args.shape, args.batch_size, args.rounds - 1, args.warmup + 1) < 1:
        raise InputError('give a positive size and batch, 2 rounds or more')
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise InputError('--device cuda: there is no GPU here')
    configs = {name: Config.fromfile(find_config(name)) for name in args.configs}
    timings = time_inference(
        configs, args.shape, args.batch_size, args.device, args.rounds, args.warmup
    )
    device = describe_device(args.device)
    height, width = args.shape
    print(f'{args.batch_size} x {height} x {width}, {device}')
    Console().print(tabulate(timings, args.batch_size))
    if args.out:
        rows = [
            dict(
                config=timing.config,
                seconds=timing.median / args.batch_size,
                device=device,
                shape=list(args.shape),
                batch_size=args.batch_size,
                times=timing.seconds,
                ratio=timing.ratio,
            )
            for timing in timings
        ]
        args.out.write_text(json.dumps(rows, indent=1) + '\n')


def main(argv=None):
    """Reads the command line and times the networks."""
    args = parse_args(argv)
    with one_line_errors():
        run(args)


if __name__ == '__main__':
    main()
