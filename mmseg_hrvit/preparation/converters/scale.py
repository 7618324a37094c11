"""Whether shapes have the scale of their images: by their boxes, and by their reach."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from mmseg_hrvit.datasets.image_files import read_checked
from mmseg_hrvit.errors import DataError
from mmseg_hrvit.words import number_of

from .points import is_number, is_pair, to_float

Box = tuple[float, float, float, float]  # left, top, right, bottom
SLACK, SHARE = 3, 0.25  # pixels, and share of the longer side, that edges may differ
IMAGES, SHAPES = 50, 6  # read at most, and needed at least, to judge the reach


def check_box(annotation: dict, drawn: np.ndarray, path: Path) -> None:
    """Refuses a shape of COCO that is clearly not in its 'bbox'.

    Args:
        annotation (dict): COCO's.
        drawn (np.ndarray): (height, width), whether a pixel is inside.
        path (Path): The file, for errors.

    Raises:
        DataError: If it is elsewhere by any of the usual meanings of four numbers. A
            box that is missing, empty or no box says nothing.
    """
    numbers = annotation.get('bbox')
    is_box = isinstance(numbers, list) and len(numbers) == 4
    is_box = is_box and all(map(is_number, numbers)) and min(numbers[2:]) > 0
    if not is_box or not drawn.any():
        return
    found = find_bounds(drawn)
    if not any(is_near(found, box) for box in read_boxes(numbers, drawn.shape)):
        left, top, right, bottom = found
        shown = ', '.join(f'{number:g}' for number in numbers)
        raise DataError(
            f'{path}: annotation {annotation.get("id")} has the bbox [{shown}], but '
            f'its shape is in [{left}, {top}, {right - left}, {bottom - top}]: repair '
            'its segmentation (order of x and y, scale, order of runs), or remove a '
            'wrong bbox'
        )


def find_bounds(drawn: np.ndarray) -> Box:
    """Returns the edges of what is drawn."""
    xs, ys = (np.flatnonzero(drawn.any(axis=axis)) for axis in (0, 1))
    return int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1


def read_boxes(numbers: Sequence[float], size: tuple[int, int]) -> Iterator[Box]:
    """Yields what four numbers may mean: boxes that are not empty, in their image.

    Args:
        numbers (Sequence[float]): Corner and size (COCO's), two corners, or centre and
            size; in pixels, or as shares of the image's size.
        size (tuple[int, int]): Height and width of the image.
    """
    limits = np.array([*size[::-1], *size[::-1]])
    values = np.array(numbers, float)
    if values.min() >= 0 and values.max() <= 1:
        values = values * limits
    first, second = values[:2], values[2:]
    for start, end in (
        (first, first + second),
        (first, second),
        (first - second / 2, first + second / 2),
    ):
        box = np.concatenate([start, end]).clip(0, limits)
        if (box[2:] > box[:2]).all():
            yield tuple(box.tolist())


def is_near(one: Box, other: Box) -> bool:
    """Whether the edges of two boxes differ by little."""
    one, other = np.array(one), np.array(other)
    longest = max((one[2:] - one[:2]).max(), (other[2:] - other[:2]).max())
    return bool(np.abs(one - other).max() <= SLACK + SHARE * longest)


def check_reach(
    images: Iterable[tuple[Path, Iterable[object]]],
) -> list[str]:
    """Warns if all shapes lie in one quarter of their images, as shrunk ones do.

    Args:
        images (Iterable): Images, each with the points of its shapes, as in the file:
            what is no list of pairs of numbers is left out.

    Returns:
        list[str]: A warning, if there is one.
    """
    count = seen = 0
    for path, shapes in images:
        shapes = [points for points in shapes if is_outline(points)]
        size = find_size(path) if shapes else None
        if size is None:
            continue
        height, width = size
        if any(
            to_float(x) > width / 2 or to_float(y) > height / 2
            for points in shapes
            for x, y in points
        ):
            return []
        count, seen = count + len(shapes), seen + 1
        if seen == IMAGES:
            break
    if count < SHAPES:
        return []
    return [
        f'all shapes looked at ({count} in {number_of(seen, "image")}) lie in the '
        'upper left quarter of their images: if their coordinates are percent, or of '
        'smaller images, scale them'
    ]


def is_outline(points: object) -> bool:
    """Whether a value is a list of pairs of numbers."""
    return isinstance(points, list) and bool(points) and all(map(is_pair, points))


def find_size(path: Path) -> tuple[int, int] | None:
    """Returns the height and width of an image; None if they are not known."""
    try:
        header = read_checked(str(path))
    except DataError:  # the conversion reports it
        return None
    return header.shown_size if header else None
