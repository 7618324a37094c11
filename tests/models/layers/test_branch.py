import pytest

from layer_data import HSWISH, SPEC, build_block
from mmseg_hrvit.models.layers import Branch, EfficientPatchEmbed
from oracle import OracleBranch
from reference import check_same_function, image


@pytest.mark.parametrize('size', [(8, 12), (7, 5), (1, 1)])
def test_is_the_papers(size):
    blocks = [build_block() for _ in range(2)]
    branch = Branch(EfficientPatchEmbed(6, 16), blocks, 16)
    oracle = OracleBranch(6, SPEC, len(blocks), HSWISH)
    (out,) = check_same_function(branch, oracle, image(2, 6, *size))
    assert out.shape == (2, 16, *size)
