import weakref

import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F

from mmseg_hrvit.models.layers.recompute import light_memory, recomputed
from reference import fill


def plain(function, layer, x):
    return layer(function(x))


class Pair(nn.Module):
    """A LayerNorm and a linear layer, then GELU and a convolution of a view."""

    def __init__(self, run):
        super().__init__()
        self.run = run
        self.norm, self.linear = nn.LayerNorm(6), nn.Linear(6, 8)
        self.conv = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x):
        x = self.run(self.norm, self.linear, x)
        self.between = weakref.ref(x)
        x = self.run(F.gelu, lambda x: self.conv(x.permute(0, 3, 1, 2)), x)
        return x.square()


def results(net, x):
    """Output and gradients of a forward and a backward pass."""
    x = x.clone().requires_grad_()
    out = net(x)
    out.float().sum().backward()
    return [out.detach(), x.grad, *(p.grad for p in net.parameters())]


def test_outputs_and_gradients_are_the_same():
    x = torch.randn(2, 5, 7, 6).double()
    ours, expected = (
        results(fill(Pair(run)).double(), x) for run in (light_memory, plain)
    )
    assert all(map(torch.equal, ours, expected))


def test_in_autocast_too():
    x = torch.randn(2, 5, 7, 6)
    with torch.autocast('cpu', torch.bfloat16):
        ours, expected = (results(fill(Pair(run)), x) for run in (light_memory, plain))
    assert ours[0].dtype == torch.bfloat16
    assert all(map(torch.equal, ours, expected))


def test_it_is_made_again_in_the_autocast_mode_of_forward():
    x = torch.randn(5, 8)
    first, layer = fill(nn.Linear(8, 8)), fill(nn.Linear(8, 8))
    gradients = []
    for run in (light_memory, plain):
        with torch.autocast('cpu', torch.bfloat16):
            out = run(lambda x: first(x).float(), layer, x)
        gradients.append(torch.autograd.grad(out.float().sum(), layer.weight)[0])
    assert torch.equal(*gradients)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_the_value_in_between_is_not_kept(dtype):
    x = torch.randn(4, 8, requires_grad=True)
    layer = nn.Linear(8, 8)
    made = []

    def function(x):
        made.append(F.layer_norm(x, (8,)))
        return made[-1]

    with torch.autocast('cpu', torch.bfloat16, enabled=dtype != torch.float32):
        out = light_memory(function, layer, x)
    value = weakref.ref(made.pop())
    assert value() is None
    out.float().sum().backward()
    assert len(made) == 1  # made again


def test_what_is_made_in_place_is_not_made_twice():
    x = torch.randn(5, 8).double()
    layer = fill(nn.Linear(8, 8)).double()
    act = nn.Hardswish(inplace=True)
    gradients = []
    for run in (light_memory, plain):
        run(act, layer, x.clone()).square().sum().backward()
        gradients.append(layer.weight.grad.clone())
        layer.zero_grad()
    assert torch.equal(*gradients)


def test_a_recomputed_part_keeps_its_input_alone():
    net = fill(Pair(light_memory))
    x = torch.randn(2, 5, 7, 6, requires_grad=True)
    out = recomputed(net, x)
    assert net.between() is None
    recomputed_grad = torch.autograd.grad(out.sum(), x)[0]
    out = net(x)
    assert net.between() is not None  # GELU keeps it
    assert torch.equal(torch.autograd.grad(out.sum(), x)[0], recomputed_grad)
