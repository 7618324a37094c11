import pytest
from mmcv.transforms import LoadImageFromFile, Normalize
from mmseg.datasets.transforms import PackSegInputs

from mmseg_hrvit.datasets.normalization import check_normalization

SHIPPED = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
FRACTIONS = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
PIPELINE = [LoadImageFromFile, PackSegInputs]


class Divide:
    """What a user may write."""


@pytest.mark.parametrize(
    'transforms, values, expected',
    [
        (PIPELINE, SHIPPED, ''),
        (PIPELINE, FRACTIONS, 'multiply them by 255'),
        ([*PIPELINE, Divide], FRACTIONS, ''),
        (PIPELINE, ([0, 0, 0], [1, 1, 1]), ''),
        (PIPELINE, ([0.5], [0.5]), 'multiply them by 255'),
        ([*PIPELINE, Normalize], SHIPPED, 'normalised twice: remove Normalize'),
    ],
)
def test_normalization(transforms, values, expected):
    lines = [*check_normalization(transforms, *values)]
    assert bool(lines) == bool(expected)
    assert not expected or lines[0].endswith(expected)
