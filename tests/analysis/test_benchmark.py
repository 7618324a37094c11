import time

import pytest
from mmengine.config import Config
from rich.console import Console

from mmseg_hrvit.analysis.benchmark import (
    Timing,
    interleave,
    tabulate,
    time_inference,
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


def test_networks_are_built_and_timed():
    model = dict(
        type='EncoderDecoder',
        backbone=dict(type='mmseg_hrvit.HRViT', norm_cfg=dict(type='SyncBN')),
        decode_head=dict(
            type='FCNHead', in_channels=32, in_index=0, channels=8, num_classes=2
        ),
    )
    configs = {name: Config(dict(model=model)) for name in ('a', 'b')}
    timings = time_inference(configs, (32, 32), 1, 'cpu', rounds=3, warmup=0)
    assert [timing.config for timing in timings] == ['a', 'b']
    assert timings[0].ratio == 1
    a, b = (timing.seconds for timing in timings)
    assert timings[1].ratio == pytest.approx(
        sorted(y / x for x, y in zip(a, b, strict=True))[1]
    )


def test_table():
    timing = Timing('net', [1.0, 2.0, 3.0, 4.0, 5.0], ratio=0.5)
    assert timing.median == 3
    assert timing.quartiles == (2, 4)
    console = Console(width=120)
    with console.capture() as capture:
        console.print(tabulate([timing], batch_size=6))
    assert 'net' in capture.get()
    cells = [c.strip() for c in capture.get().splitlines()[3].split('│')[1:-1]]
    assert cells == ['net', '3.0000', '2.0000 - 4.0000', '2.00', '0.50']
