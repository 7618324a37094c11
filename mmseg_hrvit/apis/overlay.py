"""Pictures of label maps over their images."""

from collections.abc import Sequence

import cv2
import numpy as np

from mmseg_hrvit.export import Metadata

LINE = 22  # pixels of a legend's row
MARGIN = 6
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_SCALE = 0.45
INK = (30, 30, 30)
PAPER = (255, 255, 255)


def draw_overlay(
    image: np.ndarray, labels: np.ndarray, metadata: Metadata, opacity: float
) -> np.ndarray:
    """Lays the classes' colours over an image, with a legend of those in it below.

    Args:
        image (np.ndarray): (H, W, 3), BGR, 8 bits.
        labels (np.ndarray): (H, W).
        metadata (Metadata): Classes and palette.
        opacity (float): Of the colours, from 0 to 1.

    Returns:
        np.ndarray: (H + legend, W, 3), BGR, 8 bits.
    """
    palette = np.array(metadata.palette, np.uint8)[:, ::-1]  # BGR
    colours = palette[labels]
    picture = cv2.addWeighted(image, 1 - opacity, colours, opacity, 0)
    seen = np.unique(labels).tolist()
    names = [metadata.classes[i] for i in seen]
    legend = draw_legend(names, palette[seen], image.shape[1])
    return np.concatenate([picture, legend])


def draw_legend(names: Sequence[str], colours: np.ndarray, width: int) -> np.ndarray:
    """Draws names beside their colours, in as many rows as they need.

    Args:
        names (Sequence[str]): The names.
        colours (np.ndarray): (names, 3), BGR.
        width (int): Of the picture, in pixels.

    Returns:
        np.ndarray: (rows * LINE, width, 3).
    """
    places, left, row = [], MARGIN, 0
    for name in names:
        text_width = cv2.getTextSize(name, FONT, FONT_SCALE, 1)[0][0]
        needed = LINE + text_width + 2 * MARGIN
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
