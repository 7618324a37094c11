import pytest

from mmseg_hrvit.models.layers import FFN
from oracle_cswin import OracleMlp
from reference import check_same_function, image


@pytest.mark.parametrize('shape', [(2, 7, 5, 8), (3, 8)])
def test_the_row_of_table_5_has_no_convolutions(shape):
    (out,) = check_same_function(FFN(8, 4), OracleMlp(8), image(*shape))
    assert out.shape == shape
