"""What the layers of a network cost in OpenVINO."""

import math

import pytest
import torch
from mmengine.config import Config
from torch.utils.flop_counter import FlopCounterMode

from data import load_tool
from endings import error_line

pytest.importorskip('openvino', reason='openvino is not installed')

from mmseg_hrvit.analysis import engine_layers as module
from mmseg_hrvit.analysis.engine_layers import Layer, name_convolution, tabulate
from mmseg_hrvit.analysis.forms import build_network
from mmseg_hrvit.configs import config
from mmseg_hrvit.export import InferenceGraph

CFG = Config.fromfile(config('hrvit_quickstart'))
tool = load_tool('analysis/time_layers')


@pytest.fixture(scope='module')
def layers():
    return module.time_layers(CFG, (64, 96), 1, 2)


def count_flops(cfg):
    """Counts as torch does, which counts additions and multiplications."""
    graph = InferenceGraph(build_network(cfg))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        graph(torch.zeros(1, 3, 64, 96))
    return counter.get_total_flops()


def test_every_product_is_counted(layers):
    assert 2 * sum(layer.macs for layer in layers) == count_flops(CFG)


def test_linear_layers_are_counted():
    cfg = Config.fromfile(config('hrvit_quickstart'))
    cfg.model.backbone = dict(
        type='MixVisionTransformer',
        embed_dims=16,
        num_layers=[1, 1, 1, 1],
        num_heads=[1, 2, 4, 8],
    )
    cfg.model.decode_head.in_channels = [16, 32, 64, 128]
    layers = module.time_layers(cfg, (64, 96), 1, 1)
    assert any(layer.kind == 'linear layers' for layer in layers)
    assert 2 * sum(layer.macs for layer in layers) == count_flops(cfg)


def test_what_the_layers_are(layers):
    kinds = {layer.kind: [] for layer in layers}
    for layer in layers:
        kinds[layer.kind].append(layer)
    assert {*kinds} == {
        'attention',
        '1x1 convolutions',
        'depth-wise convolutions',
        'grouped convolutions',
        'other convolutions',
        'elementwise and norms',
        'layout and resizing',
    }
    for kind in kinds:
        has_macs = all(layer.macs for layer in kinds[kind])
        assert has_macs == ('convolution' in kind or kind == 'attention')
    assert all(0 < layer.seconds < math.inf and layer.bytes for layer in layers)


@pytest.mark.parametrize(
    ('weight', 'kind'),
    [
        ((8, 4, 1, 1), '1x1 convolutions'),
        ((8, 4, 3, 3), 'other convolutions'),
        ((8, 1, 1, 3, 3), 'depth-wise convolutions'),
        ((2, 4, 4, 1, 1), 'grouped convolutions'),
    ],
)
def test_convolutions_are_told_apart(weight, kind):
    assert name_convolution(weight) == kind


def test_the_limit_is_the_longer_one():
    assert Layer('', 1, 100, 10).limit(rate=50, bandwidth=1) == 10
    assert Layer('', 1, 100, 10).limit(rate=5, bandwidth=1) == 20


def test_the_table_adds_layers_of_a_kind():
    layers = [Layer('a', 0.001, 0, 10**6), Layer('b', 0.002, 10**9, 0)] * 2
    table = tabulate(layers, rate=1e12, bandwidth=1e9)
    rows = [[*column.cells] for column in table.columns]
    assert [*zip(*rows, strict=True)] == [
        ('b', '2', '4.0', '0.67', '2.00', '500.0', '0', '0.0', '2.0'),
        ('a', '2', '2.0', '0.33', '', '', '2', '1.0', '2.0'),
        ('all', '4', '6.0', '1.00', '2.00', '333.3', '2', '0.3', '4.0'),
    ]


def test_the_tool_prints_the_table(capsys):
    argv = ['hrvit_quickstart', '--shape', '64', '64', '--rounds', '1']
    tool.main([*argv, '--threads', '1'])
    out = capsys.readouterr().out
    assert out.startswith('hrvit_quickstart, 64 x 64, ')
    assert 'attention' in out


def test_bad_arguments_get_one_line(capsys):
    line = error_line(capsys, tool, 'hrvit_quickstart', '--rounds', '0')
    assert line == 'error: give a positive size, threads and rounds'
