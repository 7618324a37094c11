import pytest
import torch
from torch import nn

from endings import refused
from mmseg_hrvit.models.layers import DiversityEnhancedShortcut
from oracle import OracleShortcut
from reference import check_same_function, fill, image

FACTORS = {1: (1, 1), 16: (4, 4), 32: (4, 8), 48: (6, 8), 240: (15, 16), 512: (16, 32)}
PAPERS = dict(type='HSwish')


@pytest.mark.parametrize('channels', FACTORS)
@pytest.mark.parametrize('options', [{}, dict(act_cfg=dict(type='GELU'))])
def test_is_equation_3(channels, options):
    des = DiversityEnhancedShortcut(channels, **options)
    assert des.factors == FACTORS[channels]
    oracle = OracleShortcut(channels, options.get('act_cfg', PAPERS))
    (out,) = check_same_function(des, oracle, image(2, 3, 5, channels))
    assert out.shape == (2, 3, 5, channels)


@pytest.mark.parametrize('channels', [16, 48])
def test_is_a_kronecker_product_but_for_activation_and_biases(channels):
    des = fill(DiversityEnhancedShortcut(channels)).double()
    des.act = nn.Identity()
    for layer in (des.proj_left, des.proj_right):
        nn.init.zeros_(layer.bias)
    product = torch.kron(des.proj_left.weight, des.proj_right.weight)
    x = image(2, 3, 5, channels)
    torch.testing.assert_close(des(x), x @ product.T)


def test_channels_that_do_not_fold_are_refused_in_one_line():
    with refused('divisible by 8, got 36'):
        DiversityEnhancedShortcut(36)
