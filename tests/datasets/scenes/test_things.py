import numpy as np
import pytest

from mmseg_hrvit.datasets.scenes import CLASSES, things
from mmseg_hrvit.datasets.scenes.scene import Scene

SEEDS = range(8)


def drawn(draw, *place, seed=0):
    """Shares of the labels in a scene that holds one thing."""
    scene = Scene(64, 96, np.random.default_rng(seed))
    draw(scene, *place)
    counts = np.bincount(np.asarray(scene.labels).ravel(), minlength=len(CLASSES) + 1)
    return dict(zip(('unlabelled', *CLASSES), counts / counts.sum(), strict=True))


@pytest.mark.parametrize('seed', SEEDS)
@pytest.mark.parametrize(
    'name, place, label',
    [
        ('draw_building', (3.0, 14.0, 8.0, 1), 'building'),
        ('draw_building', (-3.0, 14.0, 8.0, -1), 'building'),
        ('draw_tree', (0.0, 8.0), 'tree'),
        ('draw_car', (0.0, 8.0, True), 'car'),
        ('draw_car', (2.0, 8.0, False), 'car'),
        ('draw_person', (0.0, 6.0), 'person'),
        ('draw_sign', (0.0, 6.0), 'sign'),
    ],
)
def test_a_thing_is_of_its_class_and_seen(name, place, label, seed):
    shares = drawn(getattr(things, name), *place, seed=seed)
    assert shares[label] > 0.005
    assert shares[label] + shares['unlabelled'] == pytest.approx(1)


def test_a_car_is_smaller_far_away():
    near, far = (drawn(things.draw_car, 0.0, z, True)['car'] for z in (6.0, 12.0))
    assert near > 2 * far


def test_the_ground_has_road_between_pavements_and_lawn_beyond():
    scene = Scene(64, 96, np.random.default_rng(0))
    things.draw_ground(scene, (-3.0, 3.0), 2.0)
    labels = np.asarray(scene.labels)

    def label_at(x):
        u, v = scene.project(x, 0, 10)
        return CLASSES[labels[int(v), int(u)] - 1]

    names = [label_at(x) for x in (-6, -4, 0, 4, 6)]
    assert names == ['grass', 'pavement', 'road', 'pavement', 'grass']


def test_the_sky_is_everywhere_until_something_hides_it():
    assert drawn(things.draw_sky)['sky'] == 1


@pytest.mark.parametrize('seed', SEEDS)
def test_a_balloon_is_unlabelled(seed):
    scene = Scene(64, 96, np.random.default_rng(seed))
    things.draw_sky(scene)
    before = np.asarray(scene.image).copy()
    things.draw_balloon(scene)
    hidden = (np.asarray(scene.image) != before).any(-1)
    assert hidden.any()
    assert not np.asarray(scene.labels)[hidden].any()
