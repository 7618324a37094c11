"""Annotations of LabelMe: a JSON file of shapes for each image."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.datasets.folders import list_files
from mmseg_hrvit.datasets.image_files import IMAGE_SUFFIXES
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.words import number_of

from .labelme_shapes import draw
from .points import is_number
from .scale import check_reach
from .source import (
    Pair,
    Size,
    Source,
    count_empty,
    kept_classes,
    list_unused,
    make_palette,
    name_below,
    number_classes,
    read_json,
    read_size,
)

ALWAYS_IGNORED = '__ignore__'  # LabelMe's own name
ALIKE = 0.9  # correlation of pictures that show the same
ADVICE = '--background NAME makes pixels without a shape a class'


@dataclass(frozen=True)
class Annotation:
    """The content of a LabelMe file.

    Args:
        image (Path): The image file.
        size (tuple[int | None, int | None]): Height and width of the labelled image, as
            far as the file says so.
        shapes (Sequence[dict]): LabelMe's.
        doubt (str, optional): Why the image may be another one.
    """

    image: Path
    size: Size
    shapes: Sequence[dict]
    doubt: str | None = None


def read_labelme(
    folder: Path, background: str | None, ignored: Sequence[str]
) -> Source:
    """Reads the JSON files below a folder; the classes are sorted by name.

    Args:
        folder (Path): The folder. Images are at the paths in the files, or beside
            these.
        background (str, optional): Class of the pixels in no shape; None: they are
            ignored.
        ignored (Sequence[str]): Classes whose pixels are ignored.

    Returns:
        Source: The data set.

    Raises:
        InputError: If there is no such file, or too few classes.
    """
    files = [Path(p) for p in list_files(str(folder)) if p.lower().endswith('.json')]
    if not files:
        raise InputError(f'{folder}: no JSON file there; check the path')
    annotations, faults = read_files(files)
    every = annotations.values()
    names = {shape['label'] for found in every for shape in found.shapes}
    own = sorted(names - {background, ALWAYS_IGNORED})
    all_names = own if background is None else [background, *own]
    if not own:
        first = f'; the first error: {faults[0]}' if faults else ''
        raise InputError(f'{folder}: no shape with a label in its JSON files{first}')
    labels = number_classes(all_names, background, ignored, ADVICE)
    classes = kept_classes(labels)
    labels[ALWAYS_IGNORED] = IGNORED
    rest = labels.get(background, IGNORED)
    return Source(
        classes=classes,
        palette=make_palette(len(classes)),
        pairs=[
            Pair(
                name_below(folder, path),
                found.image,
                partial(draw, path=path, shapes=found.shapes, labels=labels, rest=rest),
                found.size,
            )
            for path, found in annotations.items()
        ],
        faults=faults,
        notes=[
            *list_unused(folder, (a.image for a in every), 'without a JSON file'),
            *count_empty(sum(not a.shapes for a in every), background),
        ],
        warnings=[
            *check_reach(
                (found.image, [shape['points'] for shape in found.shapes])
                for found in annotations.values()
            ),
            *count_doubts(annotations.values()),
        ],
    )


def count_doubts(annotations: Iterable[Annotation]) -> list[str]:
    """Says which annotations may be of other images, in one line."""
    doubts = [found.doubt for found in annotations if found.doubt]
    return [f'{doubts[0]} ({number_of(len(doubts), "such file")})'] if doubts else []


def read_files(files: Sequence[Path]) -> tuple[dict[Path, Annotation], list[str]]:
    """Reads LabelMe files; returns their content, and what is wrong with others."""
    annotations, faults, owners = {}, [], {}
    for path in files:
        try:
            found = read_annotation(path)
            first = owners.setdefault(found.image.resolve(), path)
            if first != path:
                raise DataError(
                    f'{path} annotates {found.image}, and so does {first}: keep one of '
                    'them'
                )
            annotations[path] = found
        except DataError as error:
            faults.append(str(error))
    return annotations, faults


def read_annotation(path: Path) -> Annotation:
    """Reads a LabelMe file.

    Args:
        path (Path): The file.

    Returns:
        Annotation: What it says.

    Raises:
        DataError: If it is not one, or the image is missing.
    """
    data = read_json(path)
    try:
        keys = 'label', 'points', 'shape_type', 'mask'
        shapes = [
            {'shape_type': None, **{k: s[k] for k in keys if k in s}}
            for s in data['shapes']
        ]
        broken = next((s for s in shapes if not is_shape(s)), None)
        named = data.get('imagePath')
        has_own = bool(data.get('imageData'))
        size = data.get('imageHeight'), data.get('imageWidth')
    except (AttributeError, KeyError, TypeError) as error:
        raise no_annotation(path) from error
    if broken is not None:
        raise DataError(
            f'{path}: a shape has the label {broken["label"]!r}, the shape_type '
            f'{broken["shape_type"]!r} and the points {str(broken["points"])[:40]}: '
            'give it two texts and a list'
        )
    for shape in shapes:
        shape['shape_type'] = shape['shape_type'] or 'polygon'
        shape['label'] = ' '.join(str(shape['label']).split())
        if not shape['label']:
            raise DataError(f'{path}: a shape has no label: give it one')
    try:
        size = read_size(*size)
    except ValueError as error:
        raise DataError(f'{path}: its image {error}') from error
    image = find_image(path, named, has_own)
    doubt = compare(path, data['imageData'], image) if has_own else None
    return Annotation(image, size, shapes, doubt)


def is_shape(shape: dict) -> bool:
    """Whether a shape has a label, points, and a kind that is a text or missing."""
    is_kind = isinstance(shape['shape_type'], str | None)
    is_label = isinstance(shape['label'], str) or is_number(shape['label'])
    points = shape['points']
    return is_kind and is_label and isinstance(points, list) and bool(points)


def compare(path: Path, own: object, image: Path) -> str | None:
    """Says if a file holds the pixels of another picture than its image.

    Args:
        path (Path): The file.
        own (object): Its 'imageData': an image file in base64. LabelMe may have
            compressed it again.
        image (Path): The image.

    Returns:
        str | None: What differs; also None if one of them cannot be read.
    """
    try:
        inside, outside = base64.b64decode(own), image.read_bytes()
        if inside == outside:
            return None
        one, other = (
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
            for data in (inside, outside)
        )
    except (TypeError, ValueError, OSError, cv2.error):
        return None
    if one is None or other is None or is_alike(one, other):
        return None
    return (
        f'{path}: the picture in its imageData is not that in {image}: check with '
        '`hrvit browse` that the image is the one that was labelled'
    )


def is_alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two small grey pictures show the same, perhaps in other brightness."""
    if one.shape != other.shape:
        return False
    if min(one.std(), other.std()) < 1:  # of one colour
        return abs(one.mean() - other.mean()) < 8
    return np.corrcoef(one.ravel(), other.ravel())[0, 1] >= ALIKE


def find_image(path: Path, named: object, has_own: bool) -> Path:
    """Finds the image of a file: at its path, or by that name beside the file.

    Args:
        path (Path): The file.
        named (object): Its 'imagePath', which may be from another computer.
        has_own (bool): Whether the file also holds the pixels. Then, and if there is no
            'imagePath', an image with the file's own name is enough.

    Returns:
        Path: The image.

    Raises:
        DataError: If it is missing, or has another name while there is an image with
            the file's own name.
    """
    named = named.replace('\\', '/') if isinstance(named, str) else ''
    beside = [path.parent / named, path.parent / named.rpartition('/')[2]]
    suffixes = [s for suffix in IMAGE_SUFFIXES for s in (suffix, suffix.upper())]
    of_own_name = [path.with_suffix(suffix) for suffix in suffixes]
    if has_own or not named:
        beside += of_own_name
    found = next((image for image in beside if image.is_file()), None)
    if found is None:
        raise DataError(f'{path}: its image {beside[0]} is missing: add it')
    own = next((image for image in of_own_name if image.is_file()), None)
    if own and found.stem.casefold() != path.stem.casefold():
        raise DataError(
            f'{path}: its imagePath is {named}, but {own} has its own name: correct '
            'imagePath, or rename the file like its image'
        )
    return found


def no_annotation(path: Path) -> DataError:
    """Makes the error for a file that is not a LabelMe file."""
    return DataError(
        f'{path} is not a LabelMe annotation (imagePath, and shapes with label and '
        'points): remove it from the folder'
    )
