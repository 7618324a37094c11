"""What ``hrvit benchmark`` does."""

import json
from argparse import Namespace

import torch
from mmengine.config import Config

from mmseg_hrvit.analysis.benchmark import (
    DTYPES,
    Setting,
    Timing,
    describe_device,
    plot,
    tabulate,
    time_networks,
)
from mmseg_hrvit.analysis.flops import measure_config
from mmseg_hrvit.analysis.forms import FORMS
from mmseg_hrvit.analysis.roofline import copy_bandwidth, matmul_rate
from mmseg_hrvit.configs import find_config
from mmseg_hrvit.errors import InputError

from .tables import print_table


def read_networks(args: Namespace) -> dict[str, tuple[Config, str]]:
    """Reads the configs and forms to time, by name."""
    names = list(args.networks)
    if args.oracle:
        names.insert(0, f'{names[0].partition("@")[0]}@oracle')
    networks = {}
    for name in names:
        config, _, form = name.partition('@')
        if (form or 'runtime') not in FORMS:
            raise InputError(f'{name}: choose a form of {", ".join(FORMS)}')
        networks[name] = Config.fromfile(find_config(config)), form or 'runtime'
    return networks


def check(args: Namespace) -> None:
    """Raises InputError for arguments that cannot work."""
    if min(*args.shape, args.batch_size, args.rounds - 1, args.warmup + 1) < 1:
        raise InputError(
            '--shape and --batch-size must be positive, --rounds 2 or more, and '
            '--warmup 0 or more'
        )
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise InputError('--device cuda: there is no GPU here')
    if args.train and args.roofline:
        raise InputError('--roofline is for inference: omit --train')


def measure_shares(networks, timings: list[Timing], setting: Setting) -> dict:
    """Prints the machine's rates; returns the share that each network reaches."""
    rate = matmul_rate(setting.device, DTYPES[setting.dtype])
    bandwidth = copy_bandwidth(setting.device)
    print(f'matrix product {rate / 1e9:.0f} GMAC/s, copy {bandwidth / 1e9:.1f} GB/s')
    shares = {}
    for timing in timings:
        macs = measure_config(networks[timing.name][0], setting.shape, True).macs.full
        shares[timing.name] = macs * setting.batch_size / timing.median / rate
    return shares


def run(args: Namespace) -> None:
    """Times the networks, prints the table and writes the files."""
    check(args)
    setting = Setting(
        args.shape,
        args.batch_size,
        args.device,
        args.dtype,
        args.train,
        args.rounds,
        args.warmup,
    )
    networks = read_networks(args)
    timings = time_networks(networks, setting)
    device = describe_device(args.device)
    height, width = args.shape
    work = 'training step' if args.train else 'inference'
    print(f'{work}, {args.batch_size} x {height} x {width}, {args.dtype}, {device}')
    shares = measure_shares(networks, timings, setting) if args.roofline else {}
    print_table(tabulate(timings, args.batch_size, shares))
    if args.out:
        rows = [as_row(timing, setting, device) for timing in timings]
        args.out.write_text(json.dumps(rows, indent=1) + '\n')
    if args.plot:
        plot(timings, args.plot)


def as_row(timing: Timing, setting: Setting, device: str) -> dict:
    """The entry of a network in the JSON file."""
    return dict(
        config=timing.name,
        seconds=timing.median / setting.batch_size,
        device=device,
        shape=list(setting.shape),
        batch_size=setting.batch_size,
        dtype=setting.dtype,
        train=setting.train,
        times=timing.seconds,
        ratio=timing.ratio,
        peak_bytes=timing.peak_bytes,
        saved_bytes=timing.saved_bytes,
    )
