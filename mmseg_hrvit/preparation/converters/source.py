"""What all kinds of annotations are read into."""

import colorsys
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmseg_hrvit.apis.sources import find_images
from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import DataError, InputError

GOLDEN = 0.61803399  # steps of a hue by it never come near one another for long


@dataclass(frozen=True)
class Pair:
    """An image, and how to get its label map.

    Args:
        name (str): Path of both below their folders, without suffix.
        image (Path): The image file.
        read_labels (Callable[[tuple[int, int]], np.ndarray]): Takes the image's
            height and width, and returns labels (height, width), 8 bits. Raises a
            ``DataError`` if it cannot. Sent to other processes.
    """

    name: str
    image: Path
    read_labels: Callable[[tuple[int, int]], np.ndarray]


@dataclass(frozen=True)
class Source:
    """A data set before it is converted.

    Args:
        classes (Sequence[str]): Names of the classes, in the order of their labels.
        palette (Sequence[Sequence[int]]): An RGB colour for each.
        pairs (Sequence[Pair]): Images and label maps.
        faults (Sequence[str]): What is wrong with the files that are in no pair.
    """

    classes: Sequence[str]
    palette: Sequence[Sequence[int]]
    pairs: Sequence[Pair]
    faults: Sequence[str]


def number_classes(
    names: Sequence[str], background: str | None, ignored: Sequence[str]
) -> dict[str, int]:
    """Gives every class its label.

    Args:
        names (Sequence[str]): The classes, in order.
        background (str, optional): Class of the pixels without annotation, the first
            one then; None: they are ignored.
        ignored (Sequence[str]): Those of the names that are to be ignored.

    Returns:
        dict[str, int]: Labels by name, those of ignored names last.

    Raises:
        InputError: If there are fewer than two classes, or more than labels.
    """
    unknown = set(ignored) - set(names)
    if unknown:
        raise InputError(
            f'--ignore {" ".join(sorted(unknown))}: the classes are {", ".join(names)}'
        )
    first = [] if background is None else [background]
    kept = dict.fromkeys([*first, *(name for name in names if name not in ignored)])
    if not 2 <= len(kept) < IGNORED:
        raise InputError(
            f'{len(kept)} classes ({", ".join([*kept][:5])}): at least 2 are needed '
            f'and at most {IGNORED - 1}; --background NAME makes one of what has no '
            'annotation'
        )
    labels = {name: label for label, name in enumerate(kept)}
    return {**labels, **dict.fromkeys(ignored, IGNORED)}


def kept_classes(labels: dict[str, int]) -> list[str]:
    """Returns the names that are not ignored, in the order of their labels."""
    return [name for name, label in labels.items() if label != IGNORED]


def make_palette(count: int) -> list[list[int]]:
    """Makes colours that differ.

    Args:
        count (int): How many.

    Returns:
        list[list[int]]: (count, 3), RGB.
    """
    colours = [
        colorsys.hsv_to_rgb(i * GOLDEN % 1, (0.85, 0.6)[i % 2], (0.9, 0.65)[i // 2 % 2])
        for i in range(count)
    ]
    return [[round(255 * value) for value in colour] for colour in colours]


def list_images(folder: Path) -> dict[str, Path]:
    """Finds the images below a folder.

    Args:
        folder (Path): The folder.

    Returns:
        dict[str, Path]: Files by their paths below it, without suffix.

    Raises:
        InputError: If it is no folder, has none, or two of the same name.
    """
    if not folder.is_dir():
        raise InputError(f'no folder {folder.absolute()}: check the path')
    found = {}
    for path in find_images(str(folder)):
        name = path.relative_to(folder).with_suffix('').as_posix()
        if name in found:
            raise InputError(
                f'{path} and {found[name]} have the same name but for the suffix: '
                'rename one'
            )
        found[name] = path
    return found


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Args:
        path (Path): The file.

    Returns:
        Any: What it holds.

    Raises:
        DataError: If it is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise DataError(f'{path} cannot be read as JSON ({error}): mend it') from error
