"""Annotations in the format of COCO: one JSON file of polygons and run lengths."""

import io
from collections import defaultdict
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np

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

KEYS = ('images', 'annotations', 'categories')


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
        InputError: If pycocotools is missing, the file is of another kind, or there
            are too few classes.
    """
    import_coco()  # a missing package is told before the work
    data = read_json(path)
    try:
        records = {record['id']: record['file_name'] for record in data['images']}
        categories = {c['id']: str(c['name']) for c in data['categories']}
        shapes = defaultdict(list)
        for annotation in data['annotations']:
            shapes[annotation['image_id']].append(annotation)
    except (KeyError, TypeError) as error:
        raise InputError(f'{path} is no file of COCO: it needs {KEYS}') from error
    names = [categories[number] for number in sorted(categories)]
    labels = number_classes(names, background, ignored)
    classes = kept_classes(labels)
    draw_labels = partial(
        draw,
        path=path,
        labels={number: labels[name] for number, name in categories.items()},
        rest=IGNORED if background is None else labels[background],
    )
    files = {number: images / name for number, name in records.items()}
    return Source(
        classes=classes,
        palette=make_palette(len(classes)),
        pairs=[
            Pair(
                Path(records[number]).with_suffix('').as_posix(),
                file,
                partial(draw_labels, annotations=shapes[number]),
            )
            for number, file in files.items()
            if file.is_file()
        ],
        faults=[
            f'{path}: its image {file} is missing: put it there'
            for file in files.values()
            if not file.is_file()
        ],
    )


def import_coco() -> ModuleType:
    """Imports pycocotools' drawing of polygons and run lengths."""
    try:
        from pycocotools import coco
    except ImportError as error:
        raise InputError('COCO needs pycocotools: `pip install pycocotools`') from error
    return coco


def draw(
    size: tuple[int, int],
    path: Path,
    annotations: Sequence[dict],
    labels: dict[int, int],
    rest: int,
) -> np.ndarray:
    """Draws annotations, the small ones over the large.

    Args:
        size (tuple[int, int]): Height and width.
        path (Path): The file, for errors.
        annotations (Sequence[dict]): COCO's, of one image.
        labels (dict[int, int]): Label of every category.
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
        category = annotations[i].get('category_id')
        if category not in labels:
            raise DataError(
                f'{path}: annotation {annotations[i].get("id")} is of category '
                f'{category}, which is not in categories: add it'
            )
        picture[masks[i].astype(bool)] = labels[category]
    return picture


def draw_mask(annotation: dict, size: tuple[int, int], path: Path) -> np.ndarray:
    """Draws one annotation.

    Args:
        annotation (dict): COCO's.
        size (tuple[int, int]): Height and width.
        path (Path): The file, for errors.

    Returns:
        np.ndarray: (height, width), 1 inside of it.

    Raises:
        DataError: If it is broken.
    """
    height, width = size
    api = import_coco().COCO()
    api.imgs = {0: dict(height=height, width=width)}
    try:
        with redirect_stdout(io.StringIO()):
            mask = api.annToMask({**annotation, 'image_id': 0})
    except Exception as error:  # the library raises of many kinds
        raise DataError(
            f'{path}: annotation {annotation.get("id")} cannot be drawn ({error!r}): '
            'mend its segmentation'
        ) from error
    if mask.shape != size:
        raise DataError(
            f'{path}: annotation {annotation.get("id")} has the size {mask.shape}, '
            f'but its image {size}: make them equal'
        )
    return mask
