"""Prints a network's parameters and GFLOPs, part by part.

A GFLOP is a billion multiply-accumulates of convolutions, linear layers and
attention. 'paper' counts one of the two matrix products of attention, as the
paper's figures do, 'full' both; 'executed' is what runs.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmseg_hrvit.analysis.flops import default_shape, measure_config, tabulate
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
        '--shape',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='size of the image (default: 512 512; 224 224 for a classifier)',
    )
    parser.add_argument(
        '--depth', type=int, default=3, help='levels of modules (default: 3)'
    )
    parser.add_argument(
        '--executed', action='store_true', help='add what runs, optimised paths taken'
    )
    return parser.parse_args(argv)


def print_flops(args) -> None:
    """Measures the config's model and prints the table."""
    cfg = read_config(args)
    height, width = args.shape or default_shape(cfg)
    if min(height, width) < 1:
        raise InputError(f'--shape {height} {width}: give a positive size')
    model = measure_config(cfg, (height, width))
    print(f'{args.config}, one image of {height} x {width}')
    print_table(tabulate(model, args.depth, args.executed))
    for part in model.children:
        if part.params and not part.macs.full:
            print(
                f'{part.name} runs in training only: counted in the parameters, '
                'not in the GFLOPs'
            )


def main(argv=None):
    """Reads the command line and prints the table."""
    args = parse_args(argv)
    with one_line_errors():
        print_flops(args)


if __name__ == '__main__':
    main()
