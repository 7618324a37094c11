"""What ``hrvit time-layers`` does."""

from argparse import Namespace

import torch

from mmseg_hrvit.analysis.benchmark import describe_device
from mmseg_hrvit.analysis.roofline import copy_bandwidth, matmul_rate
from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export.formats import open_format

from .tables import print_table


def run(args: Namespace) -> None:
    """Measures, and prints the table."""
    threads = torch.get_num_threads() if args.threads is None else args.threads
    if min(*args.shape, threads, args.rounds) < 1:
        raise InputError('give a positive size, threads and rounds')
    open_format('openvino')  # or says what to install
    from mmseg_hrvit.analysis.engine_layers import tabulate, time_layers

    torch.set_num_threads(threads)
    rate, bandwidth = matmul_rate('cpu', torch.float32), copy_bandwidth('cpu')
    layers = time_layers(read_config(args), tuple(args.shape), threads, args.rounds)
    height, width = args.shape
    print(
        f'{args.config}, {height} x {width}, {describe_device("cpu")}, '
        f'{rate / 1e9:.1f} GMAC/s, {bandwidth / 1e9:.1f} GB/s'
    )
    print_table(tabulate(layers, rate, bandwidth))
