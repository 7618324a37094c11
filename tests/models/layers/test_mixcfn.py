import pytest

from endings import refused
from mmseg_hrvit.models.layers import MixCFN
from oracle import OracleMixCFN
from reference import check_same_function, image


@pytest.mark.parametrize('size', [(8, 12), (7, 5), (1, 1)])
@pytest.mark.parametrize('ratio', [1, 2, 3])
def test_is_figure_3(ratio, size):
    ffns = MixCFN(8, ratio), OracleMixCFN(8, ratio)
    (out,) = check_same_function(*ffns, image(2, *size, 8))
    assert out.shape == (2, *size, 8)


def test_hidden_channels_that_are_odd_are_refused_in_one_line():
    with refused('halves 15 hidden channels'):
        MixCFN(5, 3)
