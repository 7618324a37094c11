import io

import cv2
import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.datasets.borders import count_borders


def draw(values, outline=None, seed=0):
    """Draws discs of these values on zeros, with an outline of one pixel."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((256, 256), np.uint8)
    for _ in range(20):
        centre, radius = rng.integers(0, 256, 2).tolist(), int(rng.integers(5, 30))
        cv2.circle(labels, centre, radius, int(rng.choice(values)), -1)
        if outline is not None:
            cv2.circle(labels, centre, radius, outline, 1)
    return labels


def scale(factor, interpolation):
    return lambda labels: cv2.resize(
        labels, None, fx=factor, fy=factor, interpolation=interpolation
    )


def through_jpeg(labels):
    file = io.BytesIO()
    Image.fromarray(labels).save(file, 'JPEG', quality=90)
    return np.array(Image.open(file))


def look_interpolated(labels):
    pixels = np.bincount(labels.ravel(), minlength=256)
    return count_borders(labels).look_interpolated(pixels)


CLASSES = [1, 2], [1, 2, 3], [3, 7, 9, 11], [1, 5, 255]


@pytest.mark.parametrize('values', CLASSES)
@pytest.mark.parametrize(
    'spoil',
    [
        scale(0.5, cv2.INTER_LINEAR),
        scale(0.5, cv2.INTER_AREA),
        scale(1.5, cv2.INTER_LINEAR),
        scale(4, cv2.INTER_CUBIC),
        through_jpeg,
    ],
)
def test_numbers_that_were_interpolated(values, spoil):
    assert look_interpolated(spoil(draw(values)))


@pytest.mark.parametrize('values', CLASSES)
@pytest.mark.parametrize('factor', [1, 0.25, 3])
def test_numbers_as_annotated(values, factor):
    labels = scale(factor, cv2.INTER_NEAREST)(draw(values))
    assert not look_interpolated(labels)


@pytest.mark.parametrize(
    ('values', 'outline'), [([2], 1), ([1], 2), ([2, 3, 4], 1), ([1, 2], 255)]
)
def test_outlines_are_no_interpolation(values, outline):
    assert not look_interpolated(draw(values, outline))


def test_noise_and_flat_maps_are_no_interpolation():
    noise = np.random.default_rng(0).integers(0, 20, (200, 200), dtype=np.uint8)
    assert not look_interpolated(noise)
    assert not look_interpolated(noise * 0)
    assert not look_interpolated(noise[:1, :1])


def test_counts():
    found = count_borders(np.array([[0, 1, 2, 5, 255, 6]], np.uint8))
    assert (found.pairs, found.changes, found.jumps) == (3, 3, 1)  # 2 to 5
    assert found.between[[1, 2]].tolist() == [1, 1] and found.between.sum() == 2
    twice = found + found
    assert (twice.pairs, twice.changes, twice.jumps) == (6, 6, 2)
    assert twice.between.sum() == 4
