"""The area of each class in an image."""

import csv
import json
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import numpy as np

from mmseg_hrvit.export import Metadata
from mmseg_hrvit.files import cannot_write, write_durably

HEAD = ('image', 'class', 'pixels', 'share')


def count_areas(labels: np.ndarray, metadata: Metadata) -> dict[str, int]:
    """Counts the pixels of each class.

    Args:
        labels (np.ndarray): (H, W).
        metadata (Metadata): The classes.

    Returns:
        dict[str, int]: Pixels by class, in the classes' order.
    """
    counts = np.bincount(labels.ravel(), minlength=len(metadata.classes))
    return dict(zip(metadata.classes, counts.tolist(), strict=True))


def write_areas(areas: Iterable[tuple[str, dict[str, int]]], path: Path) -> None:
    """Writes a table of images and their classes.

    Args:
        areas (Iterable[tuple[str, dict[str, int]]]): Name of each image, and its
            pixels by class.
        path (Path): A ``.csv`` file: image, class, pixels and their share; or a
            ``.json`` file: for each image pixels and share by class.

    Raises:
        InputError: If it cannot be written.
    """
    rows = {name: with_shares(counts) for name, counts in areas}
    text = json.dumps(rows, indent=1) + '\n' if path.suffix == '.json' else to_csv(rows)
    try:
        # A name may have bytes that are no text: they stay.
        write_durably(text.encode(errors='surrogateescape'), path)
    except OSError as error:
        raise cannot_write(path, error) from error


def to_csv(rows: dict[str, dict[str, dict[str, float]]]) -> str:
    """Makes a table of images, their classes, and the pixels and shares of each."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(HEAD)
    for name, classes in rows.items():
        for label, area in classes.items():
            writer.writerow((name, label, area['pixels'], f'{area["share"]:.6f}'))
    return file.getvalue()


def is_table(path: Path) -> bool:
    """Whether ``write_areas`` wrote a file."""
    try:
        text = path.read_text(encoding='utf-8', errors='surrogateescape')
        if path.suffix != '.json':
            return text.splitlines()[:1] == [','.join(HEAD)]
        rows = json.loads(text)
        return all(a.keys() == {*HEAD[2:]} for x in rows.values() for a in x.values())
    except (OSError, ValueError, AttributeError):
        return False


def with_shares(counts: dict[str, int]) -> dict[str, dict[str, float]]:
    """Adds to each class's pixels their share of the image, 0 if it has no data."""
    total = max(sum(counts.values()), 1)
    return {
        label: dict(pixels=pixels, share=round(pixels / total, 6))
        for label, pixels in counts.items()
    }
