import pytest
import torch

from mmseg_hrvit.models.layers import Stem
from oracle import OracleStem
from reference import check_same_function, image

BN = dict(type='BN')


@pytest.mark.parametrize(
    ('size', 'expected'),
    [((64, 96), (16, 24)), ((33, 66), (9, 17)), ((1, 5), (1, 2))],
)
@pytest.mark.parametrize('in_channels', [3, 5])
def test_shrinks_an_image_by_four_as_the_papers(in_channels, size, expected):
    stem, x = Stem(in_channels, BN), image(2, in_channels, *size)
    (out,) = check_same_function(stem, OracleStem(in_channels), x)
    assert out.shape == (2, stem.out_channels, *expected)


def test_channels_are_last_in_memory_whatever_the_images():
    stem = Stem(3, BN, mid_channels=6, out_channels=10)
    for layout in (torch.contiguous_format, torch.channels_last):
        out = stem(image(2, 3, 24, 32).float().contiguous(memory_format=layout))
        assert out.shape == (2, 10, 6, 8)
        assert out.is_contiguous(memory_format=torch.channels_last)
