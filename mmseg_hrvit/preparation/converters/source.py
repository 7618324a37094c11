"""The common form of all kinds of annotations."""

import colorsys
import json
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.datasets.folders import list_files
from mmseg_hrvit.datasets.image_files import IMAGE_SUFFIXES
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.words import number_of

Size = tuple[int | None, int | None]  # height and width; None: not stated
SHOWN = 3  # files in a note
# Of pictures that OpenCV does not read.
OTHER_SUFFIXES = ('.heic', '.heif', '.tga', '.psd', '.svg', '.dng', '.cr2', '.nef')
GOLDEN = 0.61803399  # steps of a hue by it never come near one another for long


@dataclass(frozen=True)
class Pair:
    """An image, and how to get its label map.

    Args:
        name (str): Path of both below their folders, without suffix.
        image (Path): The image file.
        read_labels (Callable[[tuple[int, int]], np.ndarray]): Takes a height and a
            width, and returns labels (height, width), 8 bits; a label map file returns
            its own size. Raises a ``DataError`` if it fails. Must be picklable for
            other processes.
        size (tuple[int | None, int | None]): Height and width of the labelled image,
            from its annotations. Defaults to (None, None): they do not say.
    """

    name: str
    image: Path
    read_labels: Callable[[tuple[int, int]], np.ndarray]
    size: Size = (None, None)


@dataclass(frozen=True)
class Source:
    """A data set before it is converted.

    Args:
        classes (Sequence[str]): Names of the classes, in the order of their labels.
        palette (Sequence[Sequence[int]]): An RGB colour for each.
        pairs (Sequence[Pair]): Images and label maps.
        faults (Sequence[str]): What is wrong with the files that are not in a pair.
        notes (Sequence[str]): What else was skipped. Defaults to ().
        warnings (Sequence[str]): What may be wrong with the pairs. Defaults to ().
    """

    classes: Sequence[str]
    palette: Sequence[Sequence[int]]
    pairs: Sequence[Pair]
    faults: Sequence[str]
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()


def number_classes(
    names: Sequence[str],
    background: str | None,
    ignored: Sequence[str],
    advice: str = 'name more',
) -> dict[str, int]:
    """Gives every class its label.

    Args:
        names (Sequence[str]): The classes, in order.
        background (str, optional): Class of the pixels without annotation, which
            becomes the first one; None: they are ignored.
        ignored (Sequence[str]): The names to ignore.
        advice (str): What to do if there are too few, and no background. Defaults to
            'name more'.

    Returns:
        dict[str, int]: Labels by name, those of ignored names last.

    Raises:
        InputError: If there are fewer than two classes, more classes than labels, an
            empty name, or names that look the same.
    """
    check_spelling([*names, *([] if background is None else [background])])
    unknown = set(ignored) - set(names)
    if unknown:
        raise InputError(
            f'--ignore {" ".join(sorted(unknown))}: the classes are {", ".join(names)}'
        )
    first = [] if background is None else [background]
    kept = dict.fromkeys([*first, *(name for name in names if name not in ignored)])
    check_count([*kept], advice if background is None else 'annotate more classes')
    labels = {name: label for label, name in enumerate(kept)}
    return {**labels, **dict.fromkeys(ignored, IGNORED)}


def check_spelling(names: Sequence[str]) -> None:
    """Refuses names that look the same to a reader, but not to a program."""
    spellings = {}
    for name in names:
        key = fold(name)
        if not key:
            raise InputError(f'a class has no name ({name!a}): give it one')
        first = spellings.setdefault(key, name)
        if first != name:
            codes = '' if (first + name).isascii() else f' ({first!a} and {name!a})'
            raise InputError(
                f"'{first}' and '{name}'{codes} differ only in upper and lower case, "
                'spaces or the form of their letters: spell them alike, or rename one'
            )


def fold(name: str) -> str:
    """Returns a form of a name that is the same for names that look the same."""
    letters = unicodedata.normalize('NFKC', name)
    seen = ''.join(c for c in letters if unicodedata.category(c) != 'Cf')
    return ' '.join(seen.split()).casefold()


def check_count(names: Sequence[str], advice: str) -> None:
    """Refuses too few classes, and more than there are labels."""
    if len(names) < 2:
        found = f'the only class is {names[0]}' if names else 'there is no class'
        raise InputError(f'{found}, but two are needed: {advice}')
    if len(names) >= IGNORED:
        raise InputError(
            f'{len(names)} classes, but labels of 8 bits can tell only {IGNORED - 1} '
            'apart: --ignore some'
        )


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


def list_images(folder: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """Finds the images below a folder, and the pictures that OpenCV does not read.

    Args:
        folder (Path): The folder.

    Returns:
        tuple[dict[str, Path], dict[str, Path]]: Both by their paths below it, without
        suffix.

    Raises:
        InputError: If it is not a folder, has no images, or has two of the same name.
    """
    if not folder.is_dir():
        raise InputError(f'no folder {folder.absolute()}: check the path')
    found, unreadable = {}, {}
    for path in sorted(map(Path, list_files(str(folder)))):
        name, suffix = name_below(folder, path), path.suffix.lower()
        if suffix in OTHER_SUFFIXES:
            unreadable[name] = path
        if suffix in IMAGE_SUFFIXES and found.setdefault(name, path) != path:
            raise InputError(
                f'{path} and {found[name]} have the same name but for the suffix: '
                'rename one, and keep label maps in a separate folder'
            )
    if not found:
        suffixes = ', '.join(IMAGE_SUFFIXES)
        raise InputError(
            f'{folder}: no image there; give a folder with {suffixes} files'
        )
    return found, unreadable


def name_below(folder: Path, path: Path) -> str:
    """Returns the path of a file below a folder, without suffix."""
    return path.relative_to(folder).with_suffix('').as_posix()


def count_empty(count: int, background: str | None) -> list[str]:
    """Says how many images have no annotation, and what happens to them.

    Args:
        count (int): How many.
        background (str, optional): Class of their pixels; None: they are ignored.

    Returns:
        list[str]: A line, if there are any.
    """
    what = 'ignored' if background is None else f"'{background}'"
    images = number_of(count, 'image')
    return [f'no annotation in {images}: all pixels are {what}'] if count else []


def list_unused(folder: Path, used: Iterable[Path], why: str) -> list[str]:
    """Says which images in a folder have no annotations.

    Args:
        folder (Path): The folder.
        used (Iterable[Path]): Images that have annotations.
        why (str): The words for having none.

    Returns:
        list[str]: A line, if there are any.
    """
    known = {os.path.realpath(path) for path in used}
    files = [path for path in list_files(str(folder)) if is_picture(path)]
    spare = [path for path in files if os.path.realpath(path) not in known]
    if not spare:
        return []
    more = ', ...' if len(spare) > SHOWN else ''
    pictures = number_of(len(spare), 'picture')
    return [f'{pictures} {why}: {", ".join(spare[:SHOWN])}{more}']


def is_picture(path: str) -> bool:
    """Whether a file has the name of an image, also in an unsupported format."""
    return path.lower().endswith((*IMAGE_SUFFIXES, *OTHER_SUFFIXES))


def read_size(height: object, width: object) -> Size:
    """Reads the size of an image in a file, in which some tools write it as text.

    Args:
        height (object): The value in the file; None: it does not say.
        width (object): The same.

    Returns:
        tuple[int | None, int | None]: Height and width.

    Raises:
        ValueError: If one is not a number of pixels.
    """
    return read_length('height', height), read_length('width', width)


def fits(size: Size, stated: Size) -> bool:
    """Whether a size agrees with one of which a half may not be stated."""
    return all(b in (a, None) for a, b in zip(size, stated, strict=True))


def read_length(what: str, value: object) -> int | None:
    """Reads a height or a width."""
    if value is None:
        return None
    try:
        length = float(value)
    except (TypeError, ValueError, OverflowError):
        length = 0.0
    if not length.is_integer() or length <= 0:
        raise ValueError(f'has the {what} {value!r}: write its number of pixels')
    return int(length)


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Args:
        path (Path): The file.

    Returns:
        Any: What it holds.

    Raises:
        DataError: If it is missing or not JSON, or an object has a key twice.
    """
    try:
        text = path.read_text(encoding='utf-8-sig')
        return json.loads(text, object_pairs_hook=make_object)
    except (OSError, ValueError, RecursionError) as error:
        message = f'{path} cannot be read as JSON ({error}): repair it'
        raise DataError(message) from error


def make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Makes an object of JSON; of a key that occurs twice, one value would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise ValueError(f'the key {max(counts, key=counts.get)!r} occurs twice')
    return made
