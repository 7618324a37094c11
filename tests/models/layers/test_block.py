import pytest
import torch

from layer_data import HSWISH, SPEC, build_block
from oracle import OracleBlock
from reference import check_same_function, fill, image


@pytest.mark.parametrize('size', [(8, 12), (7, 5), (1, 1)])
def test_is_the_papers(size):
    blocks = build_block(), OracleBlock(SPEC, HSWISH)
    (out,) = check_same_function(*blocks, image(2, *size, 16))
    assert out.shape == (2, *size, 16)


@torch.no_grad()
def test_without_shortcut():
    block = fill(build_block(has_des=False)).double().eval()
    x = image(2, 7, 5, 16)
    y = x + block.attn(block.norm1(x))
    torch.testing.assert_close(block(x), y + block.ffn(block.norm2(y)))


@torch.no_grad()
def test_a_sample_takes_or_skips_each_residual():
    block = fill(build_block(drop_path_rate=0.5)).double().eval()
    x = image(1, 7, 5, 16)
    residual = block.attn(block.norm1(x)) + block.des(x)
    # What is taken is twice as much, so that its mean stays.
    expected = [
        (y + scale * block.ffn(block.norm2(y)))
        for y in (x, x + 2 * residual)
        for scale in (0, 2)
    ]
    block.drop_path.train()
    outs = block(x.expand(64, -1, -1, -1))
    found = [[torch.allclose(out, y[0]) for y in expected] for out in outs]
    assert all(sum(row) == 1 for row in found)
    assert all(map(any, zip(*found, strict=True)))
