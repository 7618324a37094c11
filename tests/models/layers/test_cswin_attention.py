import pytest
import torch

from endings import refused
from mmseg_hrvit.models.layers import CSWinAttention
from mmseg_hrvit.models.layers.cswin_attention import convolve_windows
from reference import fill, image


@pytest.mark.parametrize('window', [(2, 5), (3, 2), (7, 9), (1, 1)])
def test_nothing_crosses_the_border_of_a_window(window):
    conv = fill(torch.nn.Conv2d(4, 4, 3, padding=1, groups=4)).double()
    x = image(2, 6, 5, 4)
    out = convolve_windows(conv, x, *window)
    for top in range(0, 6, window[0]):
        for left in range(0, 5, window[1]):
            part = (
                slice(None),
                slice(top, top + window[0]),
                slice(left, left + window[1]),
            )
            expected = conv(x[part].permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
            assert torch.allclose(out[part], expected, atol=1e-12)


@pytest.mark.parametrize(('channels', 'num_heads'), [(9, 2), (12, 3)])
def test_heads_that_do_not_fit_are_refused_in_one_line(channels, num_heads):
    with refused(f'{num_heads} heads'):
        CSWinAttention(channels, num_heads, 2)
