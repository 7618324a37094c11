"""Annotations of LabelMe: a JSON file of shapes for each image."""

import base64
import binascii
import io
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, UnidentifiedImageError

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import DataError, InputError

from .source import (
    Pair,
    Source,
    kept_classes,
    make_palette,
    number_classes,
    read_json,
)

ALWAYS_IGNORED = '__ignore__'  # LabelMe's own name


def read_labelme(
    folder: Path, background: str | None, ignored: Sequence[str]
) -> Source:
    """Reads the JSON files below a folder; the classes are sorted by name.

    Args:
        folder (Path): The folder. Images are where the files say.
        background (str, optional): Class of the pixels in no shape; None: they are
            ignored.
        ignored (Sequence[str]): Classes whose pixels are ignored.

    Returns:
        Source: The data set.

    Raises:
        InputError: If there is no such file, or too few classes.
    """
    files = sorted(folder.rglob('*.json'))
    if not files:
        raise InputError(f'{folder}: no JSON file there; check the path')
    annotations, faults = {}, []
    for path in files:
        try:
            annotations[path] = read_annotation(path)
        except DataError as error:
            faults.append(str(error))
    names = {s['label'] for _, shapes in annotations.values() for s in shapes}
    own = sorted(names - {background, ALWAYS_IGNORED})
    all_names = own if background is None else [background, *own]
    if not own:
        first = f'; the first fault: {faults[0]}' if faults else ''
        raise InputError(f'{folder}: no shape with a label in its JSON files{first}')
    labels = number_classes(all_names, background, ignored)
    classes = kept_classes(labels)
    labels[ALWAYS_IGNORED] = IGNORED
    rest = IGNORED if background is None else labels[background]
    return Source(
        classes=classes,
        palette=make_palette(len(classes)),
        pairs=[
            Pair(
                path.relative_to(folder).with_suffix('').as_posix(),
                image,
                partial(draw, path=path, shapes=shapes, labels=labels, rest=rest),
            )
            for path, (image, shapes) in annotations.items()
        ],
        faults=faults,
    )


def read_annotation(path: Path) -> tuple[Path, list[dict]]:
    """Reads a file of LabelMe.

    Args:
        path (Path): The file.

    Returns:
        tuple[Path, list[dict]]: Its image, and its shapes.

    Raises:
        DataError: If it is none, or the image is missing.
    """
    data = read_json(path)
    try:
        image = path.parent / data['imagePath'].replace('\\', '/')
        keys = 'label', 'points', 'shape_type', 'mask'
        shapes = [
            {'shape_type': 'polygon', **{k: s[k] for k in keys if k in s}}
            for s in data['shapes']
        ]
        is_whole = all(isinstance(s['label'], str) and s['points'] for s in shapes)
    except (AttributeError, KeyError, TypeError) as error:
        raise no_annotation(path) from error
    if not is_whole:
        raise no_annotation(path)
    if not image.is_file():
        raise DataError(f'{path}: its image {image} is missing: put it there')
    return image, shapes


def no_annotation(path: Path) -> DataError:
    """Makes the error for a file of another kind."""
    return DataError(
        f'{path} is no annotation of LabelMe (imagePath, and shapes with label and '
        'points): take it out of the folder'
    )


def draw(
    size: tuple[int, int],
    path: Path,
    shapes: Sequence[dict],
    labels: dict[str, int],
    rest: int,
) -> np.ndarray:
    """Draws shapes, the later ones over the earlier.

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
    pen = ImageDraw.Draw(picture)
    for shape in shapes:
        kind = shape['shape_type'] or 'polygon'
        if kind not in SHAPES:
            raise DataError(
                f"{path}: a '{kind}' ({shape['label']}) has no area: draw one of "
                f'{", ".join(SHAPES)}'
            )
        try:
            points = [(float(x), float(y)) for x, y in shape['points']]
            SHAPES[kind](pen, points, labels[shape['label']], shape.get('mask'))
        except (TypeError, ValueError, UnidentifiedImageError) as error:
            raise DataError(
                f"{path}: the {kind} '{shape['label']}' cannot be drawn ({error}): "
                'mend it'
            ) from error
    return np.asarray(picture)


def draw_polygon(pen: ImageDraw.ImageDraw, points: list, label: int, _) -> None:
    """Draws a polygon of three corners or more."""
    if len(points) < 3:
        raise ValueError(f'{len(points)} corners')
    pen.polygon(points, label)


def draw_rectangle(pen: ImageDraw.ImageDraw, points: list, label: int, _) -> None:
    """Draws a rectangle by two opposite corners."""
    xs, ys = zip(*points, strict=True)
    pen.rectangle([min(xs), min(ys), max(xs), max(ys)], label)


def draw_circle(pen: ImageDraw.ImageDraw, points: list, label: int, _) -> None:
    """Draws a circle by its centre and a point on it."""
    (x, y), edge = points
    radius = math.dist((x, y), edge)
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], label)


def draw_mask(
    pen: ImageDraw.ImageDraw, points: list, label: int, mask: str | None
) -> None:
    """Draws a mask, a picture in base64, at its upper left corner."""
    if mask is None:
        raise ValueError('no mask')
    try:
        data = base64.b64decode(mask, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    with Image.open(io.BytesIO(data)) as picture:
        bits = picture.convert('L').point(lambda value: 255 * (value > 0), '1')
    pen.bitmap([round(value) for value in points[0]], bits, label)


SHAPES = dict(
    polygon=draw_polygon,
    rectangle=draw_rectangle,
    circle=draw_circle,
    mask=draw_mask,
)
