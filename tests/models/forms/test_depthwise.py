import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

from mmseg_hrvit.models.forms.depthwise import SplitConv5x5, depthwise5x5


def gradients(conv, x):
    """Of both kinds of convolution: the output, and the inputs' gradients."""
    inputs = [x.detach().requires_grad_(), conv.weight, conv.bias]
    literal = F.conv2d(*inputs, padding=2, groups=len(conv.bias))
    toward = torch.randn_like(literal)
    expected = torch.autograd.grad(literal, inputs, toward)
    y = depthwise5x5(*inputs)
    return (y, *torch.autograd.grad(y, inputs, toward)), (literal, *expected)


@pytest.mark.parametrize('size', [(6, 8), (1, 2), (2, 4), (5, 6), (3, 7), (8, 1)])
@pytest.mark.parametrize('layout', [torch.channels_last, torch.contiguous_format])
def test_outputs_and_gradients_are_those_of_a_convolution(size, layout):
    conv = torch.nn.Conv2d(3, 3, 5, padding=2, groups=3).double()
    x = torch.randn(2, 3, *size, dtype=torch.float64).to(memory_format=layout)
    ours, expected = gradients(conv, x)
    for a, b in zip(ours, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_derivatives_of_first_and_second_order():
    inputs = [torch.randn(*s).double() for s in ((1, 2, 3, 4), (2, 1, 5, 5), (2,))]
    inputs = [x.requires_grad_() for x in inputs]
    assert gradcheck(SplitConv5x5.apply, inputs)
    assert gradgradcheck(SplitConv5x5.apply, inputs)


@pytest.mark.parametrize('width', [4, 5])
def test_in_autocast(width):
    inputs = [torch.randn(*s) for s in ((1, 2, 4, width), (2, 1, 5, 5), (2,))]
    inputs = [x.requires_grad_() for x in inputs]
    with torch.autocast('cpu', torch.bfloat16):
        y = depthwise5x5(*inputs)
    assert y.dtype == torch.bfloat16
    y.float().sum().backward()
    assert all(x.grad.isfinite().all() for x in inputs)
