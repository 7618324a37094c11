import base64
import io

import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.errors import DataError
from mmseg_hrvit.preparation.converters.labelme_shapes import draw


def paint(*shapes, rest=255):
    shapes = [{'shape_type': 'polygon', 'label': 'a', **shape} for shape in shapes]
    return draw((8, 10), 'x.json', shapes, dict(a=1, b=2, __ignore__=255), rest)


def test_shapes_are_drawn_in_their_order():
    square = [[2, 1], [6, 1], [6, 5], [2, 5]]
    drawn = paint(
        dict(points=square),
        dict(shape_type='rectangle', points=[[9, 7], [5, 4]], label='b'),
        rest=0,
    )
    expected = np.zeros((8, 10), int)
    expected[1:6, 2:7] = 1
    expected[4:8, 5:10] = 2
    assert np.array_equal(drawn, expected)


@pytest.mark.parametrize('order', [[0, 1, 2, 3], [0, 2, 1, 3]])
def test_a_rectangle_of_four_corners_may_be_turned(order):
    corners = [[5, 0], [8, 3], [5, 6], [2, 3]]
    points = [corners[i] for i in order]
    drawn = paint(dict(shape_type='rectangle', points=points), rest=0)
    y, x = np.mgrid[:8, :10]
    assert np.array_equal(drawn == 1, abs(x - 5) + abs(y - 3) <= 3)


def test_a_rectangle_of_four_corners_may_be_upright():
    points = [[2, 1], [6, 1], [2, 5], [6, 5]]
    drawn = paint(dict(shape_type='rectangle', points=points), rest=0)
    expected = np.zeros((8, 10), int)
    expected[1:6, 2:7] = 1
    assert np.array_equal(drawn, expected)


def test_a_circle_is_its_centre_and_a_point_on_it():
    drawn = paint(dict(shape_type='circle', points=[[5, 4], [5, 6.5]]), rest=0)
    y, x = np.mgrid[:8, :10]
    distance = np.hypot(x - 5, y - 4)
    assert drawn[distance <= 2.5 - 1].all()  # to a pixel
    assert not drawn[distance > 2.5 + 1].any()


def test_what_is_to_be_ignored_is():
    drawn = paint(dict(points=[[0, 0], [4, 0], [4, 7], [0, 7]], label='__ignore__'))
    assert (drawn == 255).all()


FULL = np.ones((3, 2), bool)


def mask(pixels=FULL, **changes):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'PNG')
    text = base64.b64encode(file.getvalue()).decode()
    return dict(dict(shape_type='mask', points=[[1, 1], [2, 3]], mask=text), **changes)


@pytest.mark.parametrize(
    ('shape', 'what'),
    [
        (dict(shape_type='line', points=[[1, 1], [2, 2]]), "a 'line' .a. has no area"),
        (dict(points=[[1, 1], [2, 2]]), '2 corners'),
        (dict(points=[[1], [2], [3]]), 'cannot be drawn'),
        (dict(points=[['x', 1], [2, 2], [3, 3]]), 'cannot be drawn'),
        (dict(shape_type='circle', points=[[1, 1]]), 'cannot be drawn'),
        (dict(shape_type='mask', points=[[1, 1], [2, 2]]), 'no mask'),
        (dict(points=[[2, 2], [2, 4], [4, 4]], shape_type='rectangle'), '3 corners'),
        (mask(points=[[1, 1], [2, 2]], mask='!'), 'cannot be drawn'),
        (mask(points=[[1, 1], [2, 2]], mask='AAAA'), 'cannot be drawn'),
        (mask(points=[[1, 1]]), 'its mask needs two points, not 1'),
        (mask(points=[[1, 1], [8, 2]]), 'its mask has 2 x 3 pixels, but its box 8 x 2'),
        (mask(np.zeros((3, 2), bool)), 'it covers no pixel'),
        (mask(np.zeros((3, 2, 4), np.uint8)), 'its mask has transparency'),
        (mask(np.zeros((3, 2, 2), np.uint8)), 'its mask has transparency'),
    ],
)
def test_a_shape_that_cannot_be_drawn_is_named(shape, what):
    with pytest.raises(DataError, match=f'^x.json: .*{what}'):
        paint(shape)


@pytest.mark.parametrize(
    'points', [[[8, 5], [9, 7]], [[8, 5], [10, 8]], [[8.4, 5.4], [9.4, 7.4]]]
)
def test_the_box_of_a_mask_may_end_beside_its_last_pixels(points):
    drawn = paint(mask(points=points), rest=0)
    assert drawn.sum() == 6 and drawn[5:, 8:].all()
