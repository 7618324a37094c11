"""Label maps of images that EXIF rotates."""

import numpy as np

from mmseg_hrvit.datasets.image_header import Header
from mmseg_hrvit.errors import DataError

from .source import Pair, Size, fits


def read_upright(pair: Pair, header: Header) -> np.ndarray:
    """Reads the label map of an image, upright like the image.

    Args:
        pair (Pair): The image and its annotations.
        header (Header): The header of the image.

    Returns:
        np.ndarray: (height, width) of the image as it is shown, 8 bits. Annotations
        that have the size of only the stored pixels are rotated like the image.

    Raises:
        DataError: If the annotations are broken, or have another size.
    """
    sizes = header.shown_size, header.size
    size = next((size for size in sizes if fits(size, pair.size)), None)
    if size is None:  # before it takes memory
        raise other_size(pair, header, pair.size)
    labels = pair.read_labels(size)
    if labels.shape not in sizes:
        raise other_size(pair, header, labels.shape)
    if labels.shape == header.shown_size:
        return labels
    return turn(labels, header.orientation)


def other_size(pair: Pair, header: Header, size: Size) -> DataError:
    """Makes the error for annotations of another image."""
    return DataError(
        f'{pair.image} has the size {header.shown_size}, but its annotation has the '
        f'size {size}: give the image that was labelled, or label this one'
    )


def turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Rotates pixels as EXIF says.

    Args:
        pixels (np.ndarray): (height, width).
        orientation (int): From 1 to 8.

    Returns:
        np.ndarray: The upright pixels.
    """
    if orientation >= 5:  # mirrored at the diagonal
        pixels = pixels.T
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
