"""Augmentation of bands."""

import numpy as np
import pytest

from mmseg_hrvit import RadiometricDistortion
from mmseg_hrvit.errors import InputError


def draw(bands, dtype, top):
    return np.random.default_rng(0).uniform(0, top, (20, 30, bands)).astype(dtype)


@pytest.mark.parametrize(
    ('bands', 'dtype', 'top'), [(13, 'float32', 9e3), (4, 'uint8', 255)]
)
def test_every_band_is_a_line_of_what_it_was(bands, dtype, top):
    image = draw(bands, dtype, top)
    slopes = []
    for seed in range(30):
        np.random.seed(seed)
        found = RadiometricDistortion()(dict(img=image.copy()))['img']
        assert found.dtype == image.dtype
        for k in range(bands):
            inside = (found[..., k] > 0) & (found[..., k] < 255) | (dtype != 'uint8')
            x, y = image[inside, k].astype(float), found[inside, k].astype(float)
            slope, offset = np.polyfit(x, y, 1)
            rounding = 1.0 if dtype == 'uint8' else 1e-5 * top
            assert np.abs(slope * x + offset - y).max() < rounding
            assert 0.8 * 0.9 - 0.01 < slope < 1.2 * 1.1 + 0.01
            assert abs(offset) < 0.2 * image[..., k].std() + 1
            slopes.append(slope)
    assert np.std(slopes) > 0.05
    assert np.mean(np.abs(np.array(slopes) - 1) < 1e-3) > 0.1  # not always


def test_without_changes_it_is_the_same():
    image = draw(5, 'float32', 1.0)
    same = RadiometricDistortion(gain=0, band_gain=0, offset=0)
    assert np.array_equal(same(dict(img=image))['img'], image)


def test_options_out_of_range():
    with pytest.raises(InputError, match=r'gain=1\.5'):
        RadiometricDistortion(gain=1.5)
