"""An image and its label map in the format of the page's viewer."""

import zlib
from base64 import b64encode

import cv2
import numpy as np

from mmseg_hrvit.apis.picture_files import encode_picture

MAX_SIDE = 1600  # pixels; a larger image is shown reduced


def make_view(name: str, image: np.ndarray, labels: np.ndarray) -> dict:
    """Packs what the viewer shows and offers for download.

    Args:
        name (str): Of the image's file.
        image (np.ndarray): (H, W, 3), BGR, 8 bits.
        labels (np.ndarray): (H, W).

    Returns:
        dict: 'name'; 'image', a JPEG; 'labels', 16 bits per pixel, by rows, deflated;
        'width' and 'height' of these two; 'shares' of the classes that occur, by value;
        'map', the label map of full size as a PNG. Files are in base64.
    """
    height, width = labels.shape
    factor = min(1.0, MAX_SIDE / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    picture = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    values, counts = np.unique(labels, return_counts=True)
    shares = counts / labels.size
    return dict(
        name=name,
        image=to_base64(encode_picture(picture, '.jpg')),
        labels=to_base64(zlib.compress(small.astype('<u2').tobytes())),
        width=size[0],
        height=size[1],
        shares=dict(zip(map(str, values.tolist()), shares.tolist(), strict=True)),
        map=to_base64(encode_picture(labels, '.png')),
    )


def to_base64(data: bytes) -> str:
    """Writes bytes as a text."""
    return b64encode(data).decode()
