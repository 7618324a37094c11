import time

import pytest
from mmengine.config import Config
from rich.console import Console

import mmseg_hrvit
from data import use_tiny_arch
from mmseg_hrvit.analysis.sliding import (
    Cost,
    Run,
    Setup,
    build_loop,
    compare_loops,
    tabulate,
)


@pytest.fixture
def setup():
    cfg = use_tiny_arch(Config.fromfile(mmseg_hrvit.config('hrvit_b1_cityscapes')))
    cfg.model.test_cfg.update(crop_size=(64, 64), stride=(32, 32))
    return Setup(cfg, 7, (64, 128), 'cpu')


@pytest.mark.parametrize('loop', ['mmseg', 'tiled'])
def test_the_network_is_not_counted(setup, loop):
    segmentor = build_loop(setup, loop)
    assert segmentor.decode_head.num_classes == 7
    for module in (segmentor.backbone, segmentor.decode_head):
        forward = module.forward
        module.forward = lambda x, forward=forward: (time.sleep(0.2), forward(x))[1]
    run = Run(segmentor, setup.shape)
    run()
    assert run.inside > 3 * 2 * 0.2  # windows, backbone and head
    assert 0 < run.outside[0] < 3 * 2 * 0.2


@pytest.mark.full
def test_both_loops_are_measured(setup):
    mmseg, tiled = costs = compare_loops(setup, rounds=2, warmup=1)
    assert (mmseg.loop, tiled.loop) == ('mmseg', 'tiled')
    for cost in costs:
        assert cost.classes == 7
        assert len(cost.seconds) == len(cost.outside) == 2
        assert all(0 < a < b for a, b in zip(cost.outside, cost.seconds, strict=True))
        assert cost.peak > 0


def test_table():
    costs = [
        Cost('mmseg', 19, [10.0, 11.0, 12.0], [4.0, 5.0, 6.0], 800 * 2**20),
        Cost('tiled', 19, [7.0, 8.0, 9.0], [2.0, 1.0, 1.5], 200 * 2**20),
    ]
    console = Console(width=120)
    with console.capture() as capture:
        console.print(tabulate(costs))
    row = [c.strip() for c in capture.get().splitlines()[4].split('│')[1:-1]]
    assert row == ['tiled', '19', '8.00', '1.500', '0.25', '200', '0.25']
