"""Compiled regions: how many graphs there are, and that they are the same function."""

import copy
import pickle

import pytest
import torch
import torch._dynamo.testing
from torch import nn

from data import TINY_ARCH
from mmseg_hrvit import convert
from mmseg_hrvit.models import HRViT, LinearSegformerHead
from mmseg_hrvit.models.forms import compiled
from reference import fill, image, relative_error

# Inductor's graph, run without its compiler.
BACKEND = 'aot_eager_decomp_partition'


def build(arch, channels, **options):
    """A backbone with the head, filled, in float32."""
    head = LinearSegformerHead(
        in_channels=channels,
        in_index=list(range(len(channels))),
        channels=8,
        num_classes=5,
        dropout_ratio=0.0,
        norm_cfg=dict(type='BN'),
    )
    indices = tuple(range(len(channels)))
    return fill(nn.Sequential(HRViT(arch, out_indices=indices, **options), head))


def tiny(**options):
    """The smallest network that has all parts."""
    arch = {key: value[:2] for key, value in TINY_ARCH.items()}
    return build(dict(arch, depths=((1,), (1, 2))), [16, 32], **options)


@pytest.fixture
def counter(monkeypatch):
    """Counts the graphs that are compiled, and runs them as they are."""
    graphs = torch._dynamo.testing.CompileCounter()
    torch._dynamo.reset()
    compiled.compiled.cache_clear()
    compile_function = torch.compile
    monkeypatch.setattr(
        torch,
        'compile',
        lambda function, **options: compile_function(
            function, backend=graphs, fullgraph=True, **options
        ),
    )
    yield graphs
    compiled.compiled.cache_clear()
    torch._dynamo.reset()


B1, B3 = [32, 64, 128, 256], [64, 128, 256, 512]


@pytest.mark.parametrize(
    ('arch', 'channels', 'rate'),
    [
        ('b1', B1, 0.1),
        pytest.param('b1', B1, 0.25, marks=pytest.mark.full),
        pytest.param('b3', B3, 0.1, marks=pytest.mark.full),
        pytest.param('b3', B3, 0.25, marks=pytest.mark.full),
    ],
)
def test_equal_parts_share_a_graph(arch, channels, rate, counter):
    net = convert(build(arch, channels, drop_path_rate=rate), 'compile')
    x = image(1, 3, 64, 64).float()
    # The stem; six fusions, of which the first, of one map, has no weights; embeddings
    # of four branches, and the first module's where the stem has other channels; four
    # kinds of blocks; the head.
    kinds = 1 + 6 + 4 + (channels[0] != 64) + 4 + 1
    net.train()
    for _ in range(2):
        net(x).sum().backward()
    assert counter.frame_count == kinds
    net.eval()
    with torch.no_grad():
        for _ in range(2):
            net(x)
    assert counter.frame_count == 2 * kinds


@pytest.mark.parametrize(
    ('options', 'training'),
    [
        ({}, False),
        (dict(drop_path_rate=0.1), True),
        pytest.param({}, True, marks=pytest.mark.full),
        pytest.param(dict(with_cp=True), True, marks=pytest.mark.full),
        pytest.param(dict(with_cp=True), False, marks=pytest.mark.full),
        pytest.param(dict(drop_path_rate=0.1), False, marks=pytest.mark.full),
    ],
)
def test_the_whole_network_is_one_graph(options, training):
    """A graph break would be an error here."""
    net = tiny(**options).train(training)
    compiled_net = torch.compile(copy.deepcopy(net), fullgraph=True, backend=BACKEND)
    x = image(2, 3, 45, 70).float()
    out = compiled_net(x)
    out.square().sum().backward()
    if training and 'drop_path_rate' in options:
        return  # other random numbers
    assert relative_error(out, net(x)) < 1e-5


def test_copies_of_a_compiled_network_are_their_own(counter):
    net = convert(tiny().eval(), 'compile')
    x = image(1, 3, 64, 64).float()
    with torch.no_grad():
        before = net(x)
        for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
            nn.init.zeros_(other[1].conv_seg.weight)
            nn.init.zeros_(other[1].conv_seg.bias)
            assert other(x).abs().max() == 0
            assert torch.equal(net(x), before)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize('place', [0, -1])
def test_samples_skip_residuals_at_the_rate(place, dtype):
    drop = convert(nn.Sequential(HRViT(TINY_ARCH, drop_path_rate=0.25)), 'compile')
    layers = [m for m in drop.modules() if isinstance(m, compiled.UnguardedDropPath)]
    layer = layers[place].train()
    rate = layer.drop_prob
    out = layer(torch.ones(20_000, 1, dtype=dtype)).float()
    scale = 1 / (1 - rate)
    kept = torch.tensor(scale).to(dtype).item()
    assert out.unique().tolist() == pytest.approx([0, kept] if rate else [1], rel=1e-2)
    assert out.mean() == pytest.approx(1, abs=0.03)
    assert torch.equal(layer.eval()(out), out)


@pytest.mark.full
def test_compiled_by_inductor():
    net = tiny().train()
    other = convert(copy.deepcopy(net), 'compile')
    x = image(2, 3, 64, 64).float()
    outs = [network(x) for network in (other, net)]
    for out in outs:
        out.square().sum().backward()
    assert relative_error(*outs) < 1e-5
    for ours, plain in zip(other.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, plain.grad, rtol=1e-3, atol=1e-2)
