import time

import pytest
from mmengine.config import Config
from rich.console import Console

from data import TINY_ARCH
from mmseg_hrvit.analysis.benchmark import (
    Setting,
    Timing,
    interleave,
    plot,
    tabulate,
    time_networks,
)


def test_calls_take_turns_and_warm_up_uncounted():
    order = []
    calls = [lambda i=i: order.append(i) for i in range(2)]
    seconds = interleave(calls, rounds=3, warmup=2)
    assert order == [0, 1] * 5
    assert [len(own) for own in seconds] == [3, 3]


def test_seconds_are_those_of_the_call():
    slow, fast = interleave([lambda: time.sleep(0.05), lambda: None], 2, 0)
    assert min(slow) >= 0.05
    assert min(fast) < min(slow)


def network(form='runtime'):
    """A config that is small to run, and its form."""
    model = dict(
        type='EncoderDecoder',
        backbone=dict(
            type='mmseg_hrvit.HRViT', arch=TINY_ARCH, norm_cfg=dict(type='SyncBN')
        ),
        decode_head=dict(
            type='FCNHead', in_channels=16, in_index=0, channels=8, num_classes=2
        ),
    )
    return Config(dict(model=model)), form


def test_networks_are_built_and_timed():
    networks = dict(a=network(), b=network('plain'))
    timings = time_networks(networks, Setting((33, 33), rounds=3, warmup=0))
    assert [timing.name for timing in timings] == ['a', 'b']
    assert timings[0].ratio == 1
    a, b = (timing.seconds for timing in timings)
    assert timings[1].ratio == pytest.approx(
        sorted(y / x for x, y in zip(a, b, strict=True))[1]
    )
    assert timings[0].saved_bytes is None


def test_training_steps_are_timed_in_mixed_precision():
    setting = Setting((64, 64), 2, dtype='bfloat16', train=True, rounds=2, warmup=0)
    (mixed,) = time_networks(dict(a=network()), setting)
    setting = Setting((64, 64), 2, train=True, rounds=2, warmup=0)
    (full,) = time_networks(dict(a=network()), setting)
    assert 0 < mixed.saved_bytes < full.saved_bytes


def read_row(table, width):
    """The first row of a table on a page of so many columns."""
    console = Console(width=width)
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    row = lines[next(i for i, line in enumerate(lines) if line.startswith('┡')) + 1]
    return [cell.strip() for cell in row.split('│')[1:-1]]


def test_table_and_plot(tmp_path):
    seconds = [1.0, 2.0, 3.0, 4.0, 5.0]
    timing = Timing('net', seconds, 0.5, peak_bytes=2**20, saved_bytes=3 * 2**20)
    assert timing.median == 3
    assert timing.quartiles == (2, 4)
    expected = ['net', '3.0000', '2.0000 - 4.0000', '2.00', '0.50', '1', '3', '25%']
    table = tabulate([timing], batch_size=6, shares=dict(net=0.25))
    assert read_row(table, 120) == expected
    plot([timing], tmp_path / 'times.png')
    assert (tmp_path / 'times.png').read_bytes().startswith(b'\x89PNG')


def test_a_narrow_table_folds_names_alone():
    timing = Timing(
        'a network of a name that is long', [3.0, 3.0], 0.5, peak_bytes=2**20
    )
    cells = read_row(tabulate([timing], batch_size=6, shares={}), 80)
    assert cells[1:] == ['3.0000', '3.0000 - 3.0000', '2.00', '0.50', '1']
