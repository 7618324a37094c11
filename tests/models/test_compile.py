import copy

import pytest
import torch

from mmseg_hrvit import compile_regions
from mmseg_hrvit.models import HRViT, LinearSegformerHead
from oracle import OracleSegmentor
from reference import fill, image, relative_error

# Inductor's graph, run without its compiler.
BACKEND = 'aot_eager_decomp_partition'
TINY = dict(
    channels=(16, 32),
    depths=((1,), (1, 2)),
    window_sizes=(1, 3),
    mlp_ratios=(2, 2),
    head_dims=(8, 16),
)


def build(**options):
    """A small backbone with the head, filled, in float64 and training mode."""
    head = LinearSegformerHead(
        in_channels=[16, 32],
        in_index=[0, 1],
        channels=8,
        num_classes=5,
        dropout_ratio=0.0,
        norm_cfg=dict(type='BN'),
    )
    backbone = HRViT(TINY, out_indices=(0, 1), **options)
    return fill(OracleSegmentor(backbone, head)).double().train()


def results(net, x):
    """Output and gradients, as one list of tensors."""
    out = net(x)
    out.square().sum().backward()
    return [out.detach(), *(p.grad for p in net.parameters())]


@pytest.mark.parametrize('size', [(64, 64), (45, 70)], ids=['even', 'odd'])
def test_backbone_and_head_are_one_graph(size):
    """A graph break would be an error here."""
    net = build()
    compiled = torch.compile(copy.deepcopy(net), fullgraph=True, backend=BACKEND)
    x = image(2, 3, *size)
    for ours, expected in zip(results(compiled, x), results(net, x), strict=True):
        assert torch.allclose(ours, expected, rtol=1e-9, atol=1e-9)


def test_compiled_regions_are_the_same_function(request):
    if not request.config.getoption('--full'):
        pytest.skip('slow: run with --full')
    net = build()
    compiled = copy.deepcopy(net)
    # The stem, two fusions, three embeddings, four blocks and the head.
    assert compile_regions(compiled) == 1 + 2 + 3 + 4 + 1
    x = image(2, 3, 64, 64)
    for ours, expected in zip(results(compiled, x), results(net, x), strict=True):
        assert torch.allclose(ours, expected, rtol=1e-9, atol=1e-9)
    assert list(compiled.state_dict()) == list(net.state_dict())
    with torch.no_grad():
        pair = [m.eval()(x) for m in (compiled, net)]
    assert relative_error(*pair) < 1e-9


def test_a_network_without_hrvit_has_no_regions():
    assert compile_regions(torch.nn.Conv2d(3, 3, 1)) == 0
