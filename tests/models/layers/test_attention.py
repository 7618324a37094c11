import itertools

import pytest
import torch
import torch.nn.functional as F

from endings import refused
from mmseg_hrvit.models.backbones.arch import BranchSpec
from mmseg_hrvit.models.layers import CrossShapedAttention
from oracle import OracleAttention
from oracle_cswin import OracleWindows
from reference import check_same_function, fill, image

# Whole windows, a short last one, and maps that are smaller than a window.
SIZES = [(14, 21), (9, 8), (3, 1)]


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('window_size', [1, 2, 7])
def test_is_equations_1_and_2(size, window_size):
    attn = CrossShapedAttention(16, 4, window_size)
    oracle = OracleAttention(BranchSpec(16, window_size, mlp_ratio=4, head_dim=4))
    (out,) = check_same_function(attn, oracle, image(2, *size, 16))
    assert out.shape == (2, *size, 16)


def in_windows(q, k, v, head_dim, size):
    """Attention in windows of at most ``size``, one window and one head at a time."""
    channels = q.shape[-1]
    windows = OracleWindows(channels, channels // head_dim, size).double()
    for parameter in windows.parameters():  # HRViT's convolution is of its own
        torch.nn.init.zeros_(parameter)
    return windows(q, k, v)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('switches', [*itertools.product([False, True], repeat=3)])
@torch.no_grad()
def test_the_rows_of_table_5(switches, size):
    share, has_conv, is_nonlinear = switches
    attn = fill(CrossShapedAttention(16, 4, 7, *switches)).double().eval()
    x = image(2, *size, 16)
    q, k, v = (*attn.qv(x).chunk(2, -1), None) if share else attn.qkv(x).chunk(3, -1)
    v = k if share else v
    rows, columns = zip(*(t.chunk(2, -1) for t in (q, k, v)), strict=True)
    horizontal = in_windows(*rows, 4, (7, None))
    z = torch.cat([horizontal, in_windows(*columns, 4, (None, 7))], -1)
    if has_conv:
        z += attn.parallel_conv(F.hardswish(v).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    expected = attn.proj(F.hardswish(z) if is_nonlinear else z)
    if is_nonlinear:
        expected = attn.bn(expected.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    torch.testing.assert_close(attn(x), expected)


def test_adds_nothing_at_first():
    attn = CrossShapedAttention(16, 4, 7)
    attn.init_weights()
    assert torch.all(attn(torch.randn(2, 9, 8, 16)) == 0)


def test_heads_that_do_not_fit_are_refused_in_one_line():
    with refused('48 channels cannot be split'):
        CrossShapedAttention(48, 16, 7)
