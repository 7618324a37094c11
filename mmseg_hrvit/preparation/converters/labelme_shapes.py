"""Drawing the shapes of LabelMe."""

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from mmseg_hrvit.errors import DataError
from mmseg_hrvit.words import number_of

from .points import NOTHING, check_pixels, check_points


def draw(
    size: tuple[int, int],
    path: Path,
    shapes: Sequence[dict],
    labels: dict[str, int],
    rest: int,
) -> np.ndarray:
    """Draws shapes, later ones over earlier ones.

    Args:
        size (tuple[int, int]): Height and width.
        path (Path): The file, for errors.
        shapes (Sequence[dict]): LabelMe's.
        labels (dict[str, int]): Label of every class.
        rest (int): Label of the pixels in no shape.

    Returns:
        np.ndarray: (height, width), 8 bits.

    Raises:
        DataError: If a shape has no area, or is broken.
    """
    picture = Image.new('L', size[::-1], rest)
    for shape in shapes:
        box, layer = draw_shape(shape, size, path)
        picture.paste(labels[shape['label']], box, layer)
    return np.asarray(picture)


def draw_shape(
    shape: dict, size: tuple[int, int], path: Path
) -> tuple[tuple[int, ...], Image.Image]:
    """Draws one shape.

    Args:
        shape (dict): LabelMe's.
        size (tuple[int, int]): Height and width.
        path (Path): The file, for errors.

    Returns:
        tuple[tuple[int, ...], Image.Image]: The part of the image around it (left, top,
        right, bottom), and of one bit, whether a pixel of that part is inside.

    Raises:
        DataError: If it has no area, or is broken.
    """
    kind = shape['shape_type']
    if kind not in SHAPES:
        raise DataError(
            f"{path}: a '{kind}' ({shape['label']}) has no area: draw one of "
            f'{", ".join(SHAPES)}'
        )
    try:
        points = check_points(shape['points'], size)
        left, top, right, bottom = box = find_part(points, size)
        layer = Image.new('1', (right - left, bottom - top))
        shifted = [(x - left, y - top) for x, y in points]
        SHAPES[kind](ImageDraw.Draw(layer), shifted, shape.get('mask'))
        if kind != 'mask':  # whose size is known
            check_pixels(points)
        if not layer.getbbox():
            raise ValueError(NOTHING)
    except ValueError as error:
        raise DataError(
            f"{path}: the {kind} '{shape['label']}' cannot be drawn ({error}): "
            'repair it'
        ) from error
    return box, layer


def find_part(points: list, size: tuple[int, int]) -> tuple[int, ...]:
    """Finds the part of an image around a shape, which is faster than all of it."""
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    reach = math.dist(low, high) + 2  # a circle reaches beyond its points
    corners = np.floor([low - reach, high + reach]).astype(int)
    return tuple(corners.clip(0, size[::-1]).ravel().tolist())


def draw_polygon(pen: ImageDraw.ImageDraw, points: list, _) -> None:
    """Draws a polygon of three corners or more."""
    if len({*points}) < 3:
        raise ValueError(number_of(len({*points}), 'corner'))
    pen.polygon(points, 1)


def draw_rectangle(pen: ImageDraw.ImageDraw, points: list, _) -> None:
    """Draws a rectangle by two opposite corners, or a turned one by all four."""
    count = len({*points})
    if count not in (2, 4) or count != len(points):
        raise ValueError(number_of(count, 'corner'))
    if count == 4:
        hull = cv2.convexHull(np.float32(points))  # they are in any order
        pen.polygon(hull.flatten().tolist(), 1)
        return
    xs, ys = zip(*points, strict=True)
    pen.rectangle([min(xs), min(ys), max(xs), max(ys)], 1)


def draw_circle(pen: ImageDraw.ImageDraw, points: list, _) -> None:
    """Draws a circle by its centre and a point on it."""
    if len(points) != 2 or points[0] == points[1]:
        raise ValueError('a circle needs its centre and another point, on its edge')
    (x, y), edge = points
    radius = math.dist((x, y), edge)
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], 1)


def draw_mask(pen: ImageDraw.ImageDraw, points: list, mask: str | None) -> None:
    """Draws a mask, a picture in base64, into its box."""
    if mask is None:
        raise ValueError('no mask')
    if len(points) != 2:
        raise ValueError(f'its mask needs two points, not {len(points)}')
    bits = read_bits(mask)
    (left, top), (right, bottom) = points
    box = round(right - left) + 1, round(bottom - top) + 1
    # At the border of an image, LabelMe's boxes end behind the last pixel.
    if any(abs(a - b) > 1 for a, b in zip(bits.size, box, strict=True)):
        width, height = bits.size
        raise ValueError(
            f'its mask has {width} x {height} pixels, but its box {box[0]} x {box[1]}'
        )
    pen.bitmap([round(left), round(top)], bits, 1)


def read_bits(mask: str) -> Image.Image:
    """Reads the picture of a mask; all values but 0 are inside."""
    try:
        data = base64.b64decode(mask, validate=True)
        with Image.open(io.BytesIO(data)) as picture:
            is_clear = picture.has_transparency_data
            bits = picture.convert('L').point(lambda value: 255 * (value > 0), '1')
    except Exception as error:  # a broken file can raise almost anything
        raise ValueError(str(error)) from error
    if is_clear:
        raise ValueError('its mask has transparency, but needs black and white')
    return bits


SHAPES = dict(
    polygon=draw_polygon,
    rectangle=draw_rectangle,
    circle=draw_circle,
    mask=draw_mask,
)
