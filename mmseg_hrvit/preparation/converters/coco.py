"""Annotations in COCO's format: one JSON file of polygons and run lengths."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path, PureWindowsPath
from types import ModuleType

import cv2
import numpy as np

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.words import number_of

from .points import NOTHING, check_pixels, check_points, is_number
from .run_lengths import draw_runs
from .scale import check_box, check_reach
from .source import (
    Pair,
    Size,
    Source,
    count_empty,
    fits,
    kept_classes,
    list_unused,
    make_palette,
    name_below,
    number_classes,
    read_json,
    read_size,
)

KEYS = ('images', 'annotations', 'categories')
HERE = re.compile(r'^(\.[/\\]+)+')  # './', which says nothing
ADVICE = '--background NAME makes pixels without annotation a class'


def read_coco(
    path: Path, images: Path, background: str | None, ignored: Sequence[str]
) -> Source:
    """Reads a file of annotations; the classes are in the order of their numbers.

    Args:
        path (Path): The JSON file.
        images (Path): Folder of the images.
        background (str, optional): Class of the pixels in no annotation; None: they
            are ignored.
        ignored (Sequence[str]): Classes whose pixels are ignored.

    Returns:
        Source: The data set.

    Raises:
        InputError: If pycocotools is missing, the file is something else, ids in it are
            not unique, or there are too few classes.
    """
    import_coco()  # reports a missing package before the work
    data = read_json(path)
    if not isinstance(data, dict) or not all(is_records(data.get(k)) for k in KEYS):
        raise InputError(f'{path} is not a COCO file: it needs {KEYS}')
    categories = read_categories(data['categories'], path)
    names = [categories[number] for number in sorted(categories, key=sort_key)]
    labels = number_classes(names, background, ignored, ADVICE)
    files, sizes, faults = read_records(data['images'], path)
    shapes, spare = group(data['annotations'], files, path)
    classes = kept_classes(labels)
    draw_labels = partial(
        draw,
        path=path,
        labels={number: labels[name] for number, name in categories.items()},
        rest=labels.get(background, IGNORED),
    )
    found = find_files(images, sizes)
    there = {name: file for name, file in found.items() if file.is_file()}
    missing = [file for name, file in found.items() if name not in there]
    faults += [f'{path}: its image {file} is missing: add it' for file in missing]
    return Source(
        classes=classes,
        palette=make_palette(len(classes)),
        pairs=[
            Pair(
                name_below(images, file),
                file,
                partial(draw_labels, annotations=shapes[name]),
                sizes[name],
            )
            for name, file in there.items()
        ],
        faults=[*faults, *spare],
        notes=[
            *list_unused(images, there.values(), f'without a valid entry in {path}'),
            *count_empty(sum(not shapes[name] for name in there), background),
            *list_twins(categories),
        ],
        warnings=check_reach(
            (file, map(list_corners, shapes[name])) for name, file in there.items()
        ),
    )


def find_files(images: Path, names: Iterable[str]) -> dict[str, Path]:
    """Finds images at the paths in a file, or by their names alone in the folder.

    A name alone may match another image, so this is only for a file none of whose paths
    exists, and for paths of other computers.

    Args:
        images (Path): The folder.
        names (Iterable[str]): The paths.

    Returns:
        dict[str, Path]: The files, of which some may be missing, by path.
    """
    paths = {name: PureWindowsPath(name) for name in names}  # also splits at /
    below = {
        name: images / path.as_posix()
        for name, path in paths.items()
        if not path.anchor and '..' not in path.parts
    }
    if not any(file.is_file() for file in below.values()):
        below = {}
    return {name: below.get(name, images / path.name) for name, path in paths.items()}


def import_coco() -> ModuleType:
    """Imports the drawing of polygons from pycocotools."""
    try:
        from pycocotools import mask
    except ImportError as error:
        raise InputError('COCO needs pycocotools: `pip install pycocotools`') from error
    return mask


def is_records(value: object) -> bool:
    """Whether a value of JSON is a list of objects."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def read_id(value: object) -> str | None:
    """Returns an id as text, as some files have texts or floats; None if invalid."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_id = is_number(value) or isinstance(value, str)
    return str(value).strip() if is_id else None


def sort_key(number: str) -> tuple[int, str]:
    """Returns a key that sorts numbers by their value, before other texts."""
    return (int(number) if number.isdecimal() else 10**9, number)


def read_categories(records: Sequence[dict], path: Path) -> dict[str, str]:
    """Returns the names of the categories by their numbers.

    Raises:
        InputError: If one has no id or name, or an id occurs twice.
    """
    categories = {}
    for record in records:
        number, name = read_id(record.get('id')), record.get('name')
        if number is None or not isinstance(name, str) or not name.strip():
            raise InputError(f'{path}: the category {record} needs an id and a name')
        if categories.setdefault(number, name.strip()) != name.strip():
            raise InputError(
                f"{path}: category {number} is '{categories[number]}' and "
                f"'{name.strip()}': give each its own id"
            )
    return categories


def list_twins(categories: dict[str, str]) -> list[str]:
    """Says which categories have the same name, and become one class."""
    numbers = defaultdict(list)
    for number, name in categories.items():
        numbers[name].append(number)
    return [
        f"categories {', '.join(twins)} are all '{name}': they become one class"
        for name, twins in numbers.items()
        if len(twins) > 1
    ]


def read_records(
    records: Sequence[dict], path: Path
) -> tuple[dict[str, str | None], dict[str, Size], list[str]]:
    """Reads the images of a file.

    Args:
        records (Sequence[dict]): COCO's.
        path (Path): The file, for errors.

    Returns:
        tuple[dict[str, str | None], dict[str, Size], list[str]]: Names of the image
        files by number (None: of one that is invalid), their (height, width) by name,
        and what is wrong with the others. An image that occurs twice counts once.

    Raises:
        InputError: If two images have the same id.
    """
    files, sizes, faults = {}, {}, []
    for record in records:
        try:
            number, name, size = read_record(record)
        except ValueError as error:
            faults.append(f'{path}: {error}')
            files.setdefault(read_id(record.get('id')))
            continue
        if files.setdefault(number, name) != name:
            raise InputError(
                f'{path}: image {number} is {files[number]} and {name}: give each its '
                'own id'
            )
        known = sizes.get(name, (None, None))
        sizes[name] = tuple(a or b for a, b in zip(size, known, strict=True))
        if not fits(sizes[name], known):
            raise InputError(
                f'{path}: {name} occurs twice, with the sizes {known} and {size}: '
                'keep the one that was labelled'
            )
    return files, sizes, faults


def read_record(record: dict) -> tuple[str, str, Size]:
    """Returns the id, the file's name and the size of an image.

    Raises:
        ValueError: If one of them is invalid.
    """
    number, name = read_id(record.get('id')), record.get('file_name')
    if number is None or not isinstance(name, str) or not name.strip():
        raise ValueError(
            f'image {record.get("id")} has the file_name {name!r}: it needs an id and '
            'a file_name'
        )
    name = HERE.sub('', name)
    try:
        return number, name, read_size(record.get('height'), record.get('width'))
    except ValueError as error:
        raise ValueError(f'image {name} {error}') from error


def group(
    annotations: Sequence[dict], files: dict[str, str | None], path: Path
) -> tuple[dict[str, list[dict]], list[str]]:
    """Sorts annotations by their images.

    Args:
        annotations (Sequence[dict]): COCO's.
        files (dict[str, str | None]): Names of the image files by number.
        path (Path): The file, for errors.

    Returns:
        tuple[dict[str, list[dict]], list[str]]: Annotations by the names of their
        images, and what is wrong with those without an image.

    Raises:
        InputError: If there is no annotation at all.
    """
    if not annotations:
        raise InputError(f'{path} has no annotations: export them with the images')
    shapes, lost = defaultdict(list), Counter()
    for annotation in annotations:
        number = read_id(annotation.get('image_id'))
        if number in files and number is not None:
            shapes[files[number]].append(annotation)
        else:
            lost[str(annotation.get('image_id'))] += 1
    faults = [
        f'{path}: {number_of(count, "annotation")} of image {number}, which is not in '
        'images: add it'
        for number, count in lost.items()
    ]
    return shapes, faults


def draw(
    size: tuple[int, int],
    path: Path,
    annotations: Sequence[dict],
    labels: dict[str, int],
    rest: int,
) -> np.ndarray:
    """Draws annotations, small ones over large ones.

    Args:
        size (tuple[int, int]): Height and width.
        path (Path): The file, for errors.
        annotations (Sequence[dict]): COCO's, of one image.
        labels (dict[str, int]): Label of every category.
        rest (int): Label of the pixels in no annotation.

    Returns:
        np.ndarray: (height, width), 8 bits.

    Raises:
        DataError: If an annotation is broken.
    """
    masks = [draw_mask(annotation, size, path) for annotation in annotations]
    picture = np.full(size, rest, np.uint8)
    order = sorted(range(len(masks)), key=lambda i: -int(masks[i].sum()))
    for i in order:
        category = read_id(annotations[i].get('category_id'))
        if category not in labels:
            raise DataError(
                f'{path}: annotation {annotations[i].get("id")} is of category '
                f'{category}, which is not in categories: add it'
            )
        check_box(annotations[i], masks[i], path)
        picture[masks[i]] = labels[category]
    return picture


def draw_mask(annotation: dict, size: tuple[int, int], path: Path) -> np.ndarray:
    """Draws one annotation.

    Args:
        annotation (dict): COCO's.
        size (tuple[int, int]): Height and width.
        path (Path): The file, for errors.

    Returns:
        np.ndarray: (height, width), whether a pixel is inside.

    Raises:
        DataError: If it is broken.
    """
    segmentation = annotation.get('segmentation')
    try:
        if isinstance(segmentation, dict):
            return draw_runs(segmentation, size)
        if not segmentation or not isinstance(segmentation, list):
            raise ValueError('it has no segmentation, and a box alone is not a shape')
        return draw_polygons(segmentation, size)
    except ValueError as error:
        raise DataError(
            f'{path}: annotation {annotation.get("id")} cannot be drawn ({error}): '
            'repair its segmentation'
        ) from error


def draw_polygons(polygons: list, size: tuple[int, int]) -> np.ndarray:
    """Draws polygons, one list of numbers x, y, x, y, ... each.

    Args:
        polygons (list): The polygons; a single one may come without the outer list.
        size (tuple[int, int]): Height and width.

    Returns:
        np.ndarray: (height, width), whether a pixel is inside any of them.

    Raises:
        ValueError: If they are not polygons, or cover nothing.
    """
    if all(map(is_number, polygons)):
        polygons = [polygons]
    parts = []
    for polygon in polygons:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise ValueError('a polygon needs three pairs of numbers or more')
        pairs = [*zip(polygon[::2], polygon[1::2], strict=True)]
        parts.append(check_points(pairs, size))
    check_pixels([point for part in parts for point in part])
    mask = import_coco()
    runs = mask.merge(mask.frPyObjects(polygons, *size))
    drawn = mask.decode(runs).astype(bool)
    if not drawn.any() and not any(is_small(part, size) for part in parts):
        raise ValueError(NOTHING)
    return drawn


def list_corners(annotation: dict) -> list | None:
    """Returns the corners of an annotation's polygons; None if it has others."""
    polygons = annotation.get('segmentation')
    if not isinstance(polygons, list):
        return None
    parts = [polygons] if all(map(is_number, polygons)) else polygons
    return [
        corner
        for part in parts
        if isinstance(part, list)
        for corner in zip(part[::2], part[1::2], strict=False)
    ]


def is_small(points: list[tuple[float, float]], size: tuple[int, int]) -> bool:
    """Whether a polygon that covers no pixel's centre has an area in the image."""
    height, width = size
    is_inside = any(0 <= x <= width and 0 <= y <= height for x, y in points)
    return is_inside and cv2.contourArea(np.float32(points)) > 0
