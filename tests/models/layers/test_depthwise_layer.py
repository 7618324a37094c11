import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from mmseg_hrvit.models.layers.depthwise import depthwise_conv
from reference import fill, image


@pytest.mark.parametrize(('kernel_size', 'stride'), [(3, 1), (5, 1), (3, 2), (9, 8)])
@pytest.mark.parametrize('size', [(16, 24), (13, 9), (1, 3)])
@pytest.mark.parametrize('bias', [True, False])
def test_each_channel_has_its_kernel(kernel_size, stride, size, bias):
    conv = fill(depthwise_conv(3, kernel_size, stride, bias)).double()
    assert (conv.bias is not None) == bias
    x = image(2, 3, *size)
    out = conv(x)
    assert out.shape == (2, 3, *(-(-side // stride) for side in size))
    for i, kernel in enumerate(conv.weight):
        options = dict(stride=stride, padding=kernel_size // 2)
        expected = torch.conv2d(x[:, i : i + 1], kernel[None], **options)
        shift = conv.bias[i] if bias else 0
        torch.testing.assert_close(out[:, i : i + 1], expected + shift)


def test_kernels_have_their_channels_last():
    assert depthwise_conv(4, 5).weight.stride() == (25, 1, 5, 1)
    with FakeTensorMode():
        assert depthwise_conv(4, 5).weight.stride() == (25, 1, 5, 1)
