"""Pictures of label maps over their images."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from mmseg_hrvit.export import Metadata

LINE = 22  # pixels of a legend's row
MARGIN = 6
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_SCALE = 0.45
INK = (30, 30, 30)
PAPER = (255, 255, 255)


class Colours(NamedTuple):
    """Classes and their colours, of a data set.

    Args:
        classes (Sequence[str]): Names of the classes.
        palette (Sequence[Sequence[int]]): An RGB colour for each.
    """

    classes: Sequence[str]
    palette: Sequence[Sequence[int]]


def draw_overlay(
    image: np.ndarray,
    labels: np.ndarray,
    metadata: Metadata,
    opacity: float,
    all_classes: bool = False,
) -> np.ndarray:
    """Draws the colours of the classes over an image, with a legend below.

    Args:
        image (np.ndarray): (H, W, 3), BGR, 8 bits.
        labels (np.ndarray): (H, W); pixels without a class get no colour.
        metadata (Metadata): Classes and palette.
        opacity (float): Of the colours, from 0 to 1.
        all_classes (bool): The legend has all classes, so it always has the same size;
            otherwise only those in the image. Defaults to False.

    Returns:
        np.ndarray: (H + legend, W, 3), BGR, 8 bits.
    """
    count = len(metadata.classes)
    shown = range(count) if all_classes else np.unique(labels[labels < count]).tolist()
    picture = lay_over(image, labels, metadata, opacity)
    legend = draw_legend(
        [metadata.classes[i] for i in shown],
        bgr_palette(metadata)[list(shown)],
        image.shape[1],
    )
    return np.concatenate([picture, legend])


def draw_panels(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    metadata: Metadata | Colours,
    opacity: float,
) -> np.ndarray:
    """Draws an image, and beside it label maps laid over it, each with its caption.

    Args:
        image (np.ndarray): (H, W, 3), BGR, 8 bits.
        maps (Mapping[str, np.ndarray]): Label maps (H, W) by their captions.
        metadata (Metadata | Colours): Classes and palette.
        opacity (float): Of the colours, from 0 to 1.

    Returns:
        np.ndarray: The picture, with one legend below, BGR, 8 bits.
    """
    pictures = {'image': image}
    for caption, labels in maps.items():
        pictures[caption] = lay_over(image, labels, metadata, opacity)
    panels = [
        np.concatenate([draw_line(caption, image.shape[1]), picture])
        for caption, picture in pictures.items()
    ]
    row = np.concatenate(panels, axis=1)
    count = len(metadata.classes)
    seen = np.unique(np.concatenate([np.ravel(x) for x in maps.values()]))
    seen = seen[seen < count].tolist()
    names = [metadata.classes[i] for i in seen]
    legend = draw_legend(names, bgr_palette(metadata)[seen], row.shape[1])
    return np.concatenate([row, legend])


def bgr_palette(metadata: Metadata | Colours) -> np.ndarray:
    """Returns the classes' colours, (classes, 3), BGR."""
    return np.array(metadata.palette, np.uint8)[:, ::-1]


def lay_over(
    image: np.ndarray,
    labels: np.ndarray,
    metadata: Metadata | Colours,
    opacity: float,
) -> np.ndarray:
    """Mixes the classes' colours with an image, where there is a class."""
    palette = bgr_palette(metadata)
    is_class = labels < len(palette)
    colours = palette[np.where(is_class, labels, 0)]
    mixed = cv2.addWeighted(image, 1 - opacity, colours, opacity, 0)
    return np.where(is_class[..., None], mixed, image)


def draw_line(text: str, width: int) -> np.ndarray:
    """Writes a caption, (LINE, width, 3)."""
    line = np.full((LINE, width, 3), PAPER, np.uint8)
    at = (MARGIN, LINE - 7)
    text = fit_text(text, width - 2 * MARGIN)
    cv2.putText(line, text, at, FONT, FONT_SCALE, INK, 1, cv2.LINE_AA)
    return line


def fit_text(text: str, width: int) -> str:
    """Shortens a text to a width in pixels; '..' says that something is missing."""
    if measure(text) <= width:
        return text
    while text and measure(f'{text}..') > width:
        text = text[:-1]
    return f'{text}..' if text else ''


def measure(text: str) -> int:
    """Width of a text in pixels."""
    return cv2.getTextSize(text, FONT, FONT_SCALE, 1)[0][0]


def draw_legend(names: Sequence[str], colours: np.ndarray, width: int) -> np.ndarray:
    """Draws names beside their colours, in as many rows as they need.

    Args:
        names (Sequence[str]): The names.
        colours (np.ndarray): (names, 3), BGR.
        width (int): Of the picture, in pixels.

    Returns:
        np.ndarray: (rows * LINE, width, 3).
    """
    names = [fit_text(name, width - LINE - 2 * MARGIN) for name in names]
    places, left, row = [], MARGIN, 0
    for name in names:
        needed = LINE + measure(name) + 2 * MARGIN
        if left + needed > width and left > MARGIN:
            left, row = MARGIN, row + 1
        places.append((left, row * LINE))
        left += needed
    legend = np.full(((row + 1) * LINE, width, 3), PAPER, np.uint8)
    for name, colour, (x, y) in zip(names, colours.tolist(), places, strict=True):
        corners = (x, y + 4), (x + LINE - 8, y + LINE - 4)
        cv2.rectangle(legend, *corners, colour, cv2.FILLED)
        cv2.rectangle(legend, *corners, INK)
        at = (x + LINE - 2, y + LINE - 7)
        cv2.putText(legend, name, at, FONT, FONT_SCALE, INK, 1, cv2.LINE_AA)
    return legend
