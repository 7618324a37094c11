"""Checking coordinates of annotations: they are pixels, in or near their image."""

import math
from collections.abc import Sequence

NOTHING = 'it covers no pixel of its image'
FAR = 1  # sizes of the image that a shape may lie outside of it


def check_points(values: object, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Returns points, if they are valid for a shape in an image.

    Args:
        values (object): The values in a file: pairs (x, y).
        size (tuple[int, int]): Height and width of the image.

    Returns:
        list[tuple[float, float]]: The points.

    Raises:
        ValueError: If they are not pairs of numbers, or far outside the image.
    """
    is_list = isinstance(values, list | tuple)
    if not is_list or not all(map(is_pair, values)):
        raise ValueError('its points are not pairs of numbers')
    points = [(to_float(x), to_float(y)) for x, y in values]
    height, width = size
    for x, y in points:
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError(f'it has the point ({x}, {y})')
        is_near = -FAR * width <= x <= (1 + FAR) * width
        if not (is_near and -FAR * height <= y <= (1 + FAR) * height):
            raise ValueError(
                f'its point ({x:g}, {y:g}) is far outside of its image of {width} x '
                f'{height}'
            )
    return points


def check_pixels(points: Sequence[tuple[float, float]]) -> None:
    """Refuses points that are shares of the image's size: they would hit one pixel."""
    if all(0 <= value <= 1 for point in points for value in point):
        raise ValueError('its coordinates are all between 0 and 1, and not in pixels')


def is_pair(value: object) -> bool:
    """Whether a value is a pair of numbers."""
    is_sequence = isinstance(value, Sequence) and not isinstance(value, str)
    return is_sequence and len(value) == 2 and all(map(is_number, value))


def to_float(number: float) -> float:
    """Converts a number of JSON, of which some are larger than any float."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def is_number(value: object) -> bool:
    """Whether a value of JSON is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
