"""Label maps in which every class has a colour, and the table of colours."""

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from mmseg_hrvit.datasets.image_files import read_colour_map
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.words import number_of

from .source import (
    Pair,
    Source,
    kept_classes,
    list_images,
    number_classes,
    read_json,
)

Colour = tuple[int, int, int]  # RGB
COLUMNS = ['name', 'r', 'g', 'b']
SHOWN = 3  # unknown colours in a message


def read_masks(
    images: Path,
    masks: Path,
    colours: Sequence[tuple[str, Colour]],
    ignored: Sequence[str],
    mask_ending: str = '',
) -> Source:
    """Reads a folder of images and one of colour-coded label maps.

    Args:
        images (Path): Folder of the images.
        masks (Path): Folder of the label maps, of the same names.
        colours (Sequence[tuple[str, Colour]]): Class and colour. A class may have
            several colours.
        ignored (Sequence[str]): Classes whose pixels are ignored.
        mask_ending (str): What the names of label maps have between the image name and
            the suffix. Defaults to ''.

    Returns:
        Source: The data set.

    Raises:
        InputError: If a folder is missing or empty, an image is its own label map, or
            there are too few classes.
    """
    names = [*dict.fromkeys(name for name, _ in colours)]
    labels = number_classes(names, None, ignored, 'add rows to the table')
    table = {colour: labels[name] for name, colour in colours}
    first_colours = dict(reversed(colours))
    classes = kept_classes(labels)
    (found, other_images), (maps, other_maps) = map(list_images, (images, masks))
    names = name_masks(found, maps, mask_ending)
    return Source(
        classes=classes,
        palette=[first_colours[name] for name in classes],
        pairs=[
            Pair(name, found[name], partial(read_mask, path=maps[mask], table=table))
            for name, mask in names.items()
            if mask in maps
        ],
        faults=[
            *find_single_images(found, maps, names, other_maps),
            *find_single_masks(found, maps, names, other_images, mask_ending),
        ],
    )


def name_masks(
    found: dict[str, Path], maps: dict[str, Path], ending: str
) -> dict[str, str]:
    """Names the label maps of images.

    Args:
        found (dict[str, Path]): Images by name.
        maps (dict[str, Path]): Label maps by name.
        ending (str): What the name of a label map has after that of its image.

    Returns:
        dict[str, str]: Names of label maps by those of images. In a folder of both,
        label maps are no images.

    Raises:
        InputError: If an image is its own label map: a network would learn to copy it.
    """
    names = {name: f'{name}{ending}' for name in found}
    used = {maps[mask].resolve(): name for name, mask in names.items() if mask in maps}
    for name, path in found.items():
        if used.get(path.resolve()) == name:
            raise InputError(
                f'{path} is given as an image and as its label map: give the folder '
                'of the images, and that of the label maps'
            )
    return {
        name: mask for name, mask in names.items() if found[name].resolve() not in used
    }


def find_single_images(
    found: dict[str, Path],
    maps: dict[str, Path],
    names: dict[str, str],
    unreadable: dict[str, Path],
) -> Iterator[str]:
    """Yields what is wrong with images that have no label map."""
    for name, mask in names.items():
        if mask in unreadable and mask not in maps:
            yield of_another_format(unreadable[mask])
        elif mask not in maps:
            yield f'image {found[name]} has no label map {mask}.*: add it'


def find_single_masks(
    found: dict[str, Path],
    maps: dict[str, Path],
    names: dict[str, str],
    unreadable: dict[str, Path],
    ending: str,
) -> Iterator[str]:
    """Yields what is wrong with label maps that have no image."""
    images = {found[name].resolve() for name in names}  # in the same folder
    for mask in sorted(maps.keys() - names.values()):
        name = mask.removesuffix(ending)
        if name in unreadable:
            yield of_another_format(unreadable[name])
        elif maps[mask].resolve() not in images:
            yield f'label map {maps[mask]} has no image: add it'


def of_another_format(path: Path) -> str:
    """Says that a picture cannot be read."""
    return f'{path} has a format that is not read here: convert it to PNG'


def read_mask(size: tuple[int, int], path: Path, table: dict[Colour, int]):
    """Reads a label map by its colours.

    Args:
        size (tuple[int, int]): Height and width of the image; the result has those of
            the label map.
        path (Path): The file.
        table (dict[Colour, int]): Label of every colour.

    Returns:
        np.ndarray: (height, width), 8 bits.

    Raises:
        DataError: If it cannot be read, or has other colours.
    """
    codes = encode(read_colour_map(str(path)))
    known = encode(np.array([*table]))
    order = np.argsort(known)
    places = np.searchsorted(known[order], codes).clip(max=len(known) - 1)
    nearest = order[places]
    unknown = np.unique(codes[known[nearest] != codes])
    if len(unknown):
        shown = ', '.join(str(decode(code)) for code in unknown[:SHOWN].tolist())
        count = number_of(len(unknown), 'colour')
        raise DataError(
            f'label map {path} has {count} outside of the table, such as {shown} '
            '(R, G, B): extend the table, or repair the file'
        )
    return np.array([*table.values()], np.uint8)[nearest]


def encode(colours: np.ndarray) -> np.ndarray:
    """Converts each colour to one number.

    Args:
        colours (np.ndarray): (..., 3), RGB.

    Returns:
        np.ndarray: (...).
    """
    return colours.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)


def decode(code: int) -> Colour:
    """Converts a number back to its colour."""
    return code >> 16, code >> 8 & 255, code & 255


def read_table(path: Path) -> list[tuple[str, Colour]]:
    """Reads a table of colours.

    Args:
        path (Path): A CSV file with the columns name, r, g, b, where names may occur
            several times, or a JSON file {name: [r, g, b]}.

    Returns:
        list[tuple[str, Colour]]: Class and colour, in the order of the file.

    Raises:
        InputError: If it cannot be read, a row is invalid, a name is empty, or a colour
            occurs twice.
    """
    rows = (
        read_json_table(path)
        if path.suffix.lower() == '.json'
        else read_csv_table(path)
    )
    colours = [(name, check_colour(name, values, path)) for name, values in rows]
    owners = {}
    for name, colour in colours:
        if not name.strip():
            raise InputError(f'{path}: {colour} has no name: give it one')
        if owners.setdefault(colour, name) != name:
            raise InputError(
                f'{path}: {owners[colour]} and {name} have the same colour {colour}: '
                'give each its own'
            )
    return colours


def read_json_table(path: Path) -> list[tuple[str, Sequence]]:
    """Reads names and colours from a JSON file."""
    table = read_json(path)
    if not isinstance(table, dict):
        raise InputError(f'{path}: write it as {{"name": [r, g, b], ...}}')
    return list(table.items())


def read_csv_table(path: Path) -> list[tuple[str, Sequence]]:
    """Reads names and colours from a CSV file."""
    try:
        text = path.read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f'{path} cannot be read ({error}): check it') from error
    first, *others = [line for line in text.splitlines() if line] or ['']
    columns = [column.strip().lower() for column in next(csv.reader([first]), [])]
    if columns != COLUMNS:
        raise InputError(
            f'{path}: the first line is {first[:80]!r}, but must be '
            f'{",".join(COLUMNS)}, with commas, and colours as numbers from 0 to 255'
        )
    rows = csv.reader(others)
    return [(row[0].strip(), row[1:]) for row in rows]


def check_colour(name: str, values: Sequence, path: Path) -> Colour:
    """Returns a colour of a table, or raises an error."""
    # int() would cut off fractions, and take true for 1.
    is_list = isinstance(values, list) and all(type(v) in (int, str) for v in values)
    try:
        colour = tuple(int(value) for value in values) if is_list else ()
    except ValueError:
        colour = ()
    if len(colour) != 3 or not all(0 <= value <= 255 for value in colour):
        raise InputError(
            f'{path}: {name} has the colour {values}: give three whole numbers from '
            '0 to 255'
        )
    return colour
