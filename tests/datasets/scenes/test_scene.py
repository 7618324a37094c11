import numpy as np
import pytest

from mmseg_hrvit.datasets.scenes import CLASSES
from mmseg_hrvit.datasets.scenes.scene import EYE_HEIGHT, Scene, tone


@pytest.fixture
def scene():
    return Scene(64, 96, np.random.default_rng(0))


def labels_of(scene):
    return np.asarray(scene.finish()[1])


def test_what_is_near_is_large_and_the_horizon_is_at_eye_height(scene):
    u, v = scene.vanishing_point
    assert scene.project(0, EYE_HEIGHT, 50) == (u, v)
    near, far = scene.project(1, 0, 5), scene.project(1, 0, 10)
    assert near[0] - u == pytest.approx(2 * (far[0] - u))
    assert near[1] > far[1] > v


def test_a_labelled_shape_goes_into_image_and_label_map(scene):
    before = np.asarray(scene.image).copy()
    scene.box((-1, 1), (0, 2), 6, (255, 0, 0), 'car')
    changed = (np.asarray(scene.image) != before).any(-1)
    assert changed.any()
    assert (np.asarray(scene.labels) == CLASSES.index('car') + 1)[changed].all()
    assert set(np.unique(labels_of(scene))) == {0, CLASSES.index('car') + 1}


def test_a_shape_without_label_leaves_the_label_map(scene):
    scene.box((-1, 1), (0, 2), 6, (255, 0, 0))
    scene.ellipse((0, 3, 6), (1, 1), (255, 0, 0))
    scene.shadow(0, 6, 1)
    assert np.asarray(scene.image).any()
    assert not labels_of(scene).any()


def test_haze_draws_colours_to_the_horizons(scene):
    horizon = np.array(scene.mood.horizon)
    near, far = (scene.shade((0, 0, 0), z) for z in (1, 1000))
    assert np.abs(far - horizon).max() <= 2 < np.abs(near - horizon).min()


def test_only_what_glows_keeps_its_colour_in_the_dark(scene):
    scene.ellipse((0, EYE_HEIGHT, 5), (1, 1), (10, 200, 30), glow=True)
    pixel = tuple(round(x) for x in scene.vanishing_point)
    assert scene.image.getpixel(pixel) == (10, 200, 30)
    scene.ellipse((0, EYE_HEIGHT, 5), (1, 1), (10, 200, 30))
    assert scene.image.getpixel(pixel) != (10, 200, 30)


def test_the_finished_image_is_rough(scene):
    scene.strip((-5, 5), (1, 50), (120, 120, 120), 'grass')
    image, labels = (np.asarray(part, float) for part in scene.finish())
    assert image.shape == (64, 96, 3)
    assert image[-8:, 40:56].std() > 2
    assert labels[-1, 48] == CLASSES.index('grass') + 1


def test_a_tone_stays_a_colour():
    assert tone((100, 200, 250), 1.2) == (120, 240, 255)
