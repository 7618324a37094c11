"""What ``hrvit flops`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.flops import default_shape, measure_config, tabulate
from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.errors import InputError

from .tables import print_table


def run(args: Namespace) -> None:
    """Measures the config's model and prints the table."""
    cfg = read_config(args)
    height, width = args.shape or default_shape(cfg)
    if min(height, width) < 1:
        raise InputError(f'--shape {height} {width}: give a positive size')
    model = measure_config(cfg, (height, width))
    print(f'{args.config}, one image of {height} x {width}')
    executed = measure_config(cfg, (height, width), True) if args.executed else None
    print_table(tabulate(model, args.depth, executed))
    for part in model.children:
        if part.params and not part.macs.full:
            print(
                f'{part.name} runs only in training: counted in the parameters, '
                'not in the GFLOPs'
            )
