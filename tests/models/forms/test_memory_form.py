"""What is made again in the backward pass is what it was."""

import gc
import weakref

import pytest
import torch
from torch import nn

from layer_data import build_block
from mmseg_hrvit.models.forms.memory import keep_all, keep_less
from reference import fill


def results(block, x):
    """Output and gradients of a forward and a backward pass."""
    x = x.clone().requires_grad_()
    out = block(x)
    out.float().square().sum().backward()
    grads = [p.grad for p in block.parameters()]
    block.zero_grad()
    return [out.detach(), x.grad, *grads]


@pytest.mark.parametrize('dtype', [None, torch.bfloat16])
def test_outputs_and_gradients_are_the_same(dtype):
    block, x = fill(build_block()), torch.randn(2, 5, 6, 16)
    with torch.autocast('cpu', dtype, enabled=dtype is not None):
        expected = results(block, x)
        keep_less(block)
        actual = results(block, x)
    assert all(map(torch.equal, actual, expected))


def test_what_can_be_made_again_is_not_kept():
    block = fill(build_block())
    made = []
    block.norm2.register_forward_hook(lambda *args: made.append(weakref.ref(args[2])))
    x = torch.randn(1, 4, 4, 16, requires_grad=True)
    out = block(x)
    gc.collect()
    assert made.pop()() is not None
    block = fill(build_block())
    keep_less(block)
    block.norm2.register_forward_hook(lambda *args: made.append(weakref.ref(args[2])))
    out = block(x)
    gc.collect()
    assert made.pop()() is None
    out.sum().backward()


def test_a_change_in_place_of_what_it_is_made_of_is_an_error():
    block = fill(build_block())
    keep_less(block)
    x = torch.randn(1, 4, 4, 16, requires_grad=True).clone()
    out = block(x)
    x.add_(1)
    with pytest.raises(RuntimeError, match='modified by an inplace operation'):
        out.sum().backward()


def test_what_is_changed_after_it_was_made_is_kept():
    class Doubling(nn.Module):
        def forward(self, x):
            return x.mul_(2)

    block, x = fill(build_block()), torch.randn(1, 4, 4, 16)
    inner = block.ffn
    block.ffn = nn.Sequential(Doubling(), inner)
    block.ffn.act = inner.act
    expected = results(block, x)
    keep_less(block)
    assert all(map(torch.equal, results(block, x), expected))


def test_an_error_within_leaves_nothing_behind():
    block = fill(build_block())
    keep_less(block)
    x = torch.randn(1, 4, 4, 16, requires_grad=True)
    with pytest.raises(RuntimeError):
        block(torch.randn(1, 4, 4, 15))
    proj = block.attn.proj
    block.attn.proj = nn.Linear(3, 3)
    with pytest.raises(RuntimeError):
        block(x)
    block.attn.proj = proj
    # Hooks that had stayed would change what this keeps.
    y = x.exp()
    assert torch.equal(torch.autograd.grad(y.sum(), x)[0], y)
    keep_all(block)
    expected = results(block, x.detach())
    keep_less(block)
    assert all(map(torch.equal, results(block, x.detach()), expected))


def test_it_comes_off():
    block = fill(build_block())
    for _ in range(2):
        keep_less(block)
    keep_all(block)
    keep_all(block)
    parts = list(block.modules())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in parts)
