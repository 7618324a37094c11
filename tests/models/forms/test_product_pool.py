import pytest
import torch
from torch import nn

from mmseg_hrvit import convert, restore
from mmseg_hrvit.models.forms import convert_for_training
from mmseg_hrvit.models.forms.pooling import ProductPool


@pytest.mark.parametrize('bins', [1, 3, (2, 5), (None, 2)])
@pytest.mark.parametrize('size', [(7, 10), (2, 3)])
def test_it_is_torchs_layer(bins, size):
    layer = nn.Sequential(nn.AdaptiveAvgPool2d(bins)).double()
    x = torch.randn(2, 3, *size, dtype=torch.double, requires_grad=True)
    expected = layer(x)
    weights = torch.randn_like(expected)
    (of_torch,) = torch.autograd.grad((expected * weights).sum(), x)
    convert(layer, 'deterministic')
    assert type(layer[0]) is ProductPool
    actual = layer(x)
    (ours,) = torch.autograd.grad((actual * weights).sum(), x)
    torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(ours, of_torch, rtol=1e-6, atol=1e-6)
    restore(layer)
    assert type(layer[0]) is nn.AdaptiveAvgPool2d


@pytest.mark.parametrize(
    ('device', 'mode', 'layer'),
    [
        ('cuda', True, ProductPool),
        ('cuda', False, nn.AdaptiveAvgPool2d),
        ('cpu', True, nn.AdaptiveAvgPool2d),  # whose gradient is deterministic
    ],
)
def test_where_it_is_put_on(device, mode, layer):
    network = nn.Sequential(nn.AdaptiveAvgPool2d(2))
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(mode)
    try:
        convert_for_training(network, device)
    finally:
        torch.use_deterministic_algorithms(before)
    assert type(network[0]) is layer
