import pytest
import torch
import torch.nn.functional as F

from mmseg_hrvit.models.layers import ConvPatchEmbed, EfficientPatchEmbed
from oracle import OraclePatchEmbed
from reference import check_same_function, fill, image


@pytest.mark.parametrize('size', [(8, 12), (7, 5), (1, 1)])
def test_is_equation_4(size):
    embeds = EfficientPatchEmbed(6, 16), OraclePatchEmbed(6, 16)
    (tokens,) = check_same_function(*embeds, image(2, 6, *size))
    assert tokens.shape == (2, *size, 16)


@pytest.mark.parametrize('size', [(8, 12), (7, 5), (1, 1)])
def test_the_row_of_table_5_is_a_full_convolution(size):
    embed, x = fill(ConvPatchEmbed(6, 16)).double(), image(2, 6, *size)
    conv, norm = embed.conv, embed.norm
    assert conv.weight.shape == (16, 6, 3, 3)
    y = F.conv2d(x, conv.weight, conv.bias, padding=1).permute(0, 2, 3, 1)
    expected = F.layer_norm(y, (16,), norm.weight, norm.bias)
    torch.testing.assert_close(embed(x), expected)
