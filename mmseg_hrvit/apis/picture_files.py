"""Picture files."""

from pathlib import Path

import cv2
import numpy as np

from mmseg_hrvit.errors import InputError


def encode_picture(picture: np.ndarray, suffix: str, quality: int = 95) -> bytes:
    """Encodes a picture.

    Args:
        picture (np.ndarray): (H, W) or (H, W, 3), BGR.
        suffix (str): '.png' or '.jpg'.
        quality (int): Of a JPEG file, up to 100. Defaults to 95.

    Returns:
        bytes: The content of the file.

    Raises:
        InputError: If the format cannot hold the picture.
    """
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == '.jpg' else []
    ok, data = cv2.imencode(suffix, picture, options)
    if not ok:
        size = ' x '.join(map(str, picture.shape[:2]))
        raise InputError(f'a picture of {size} pixels cannot be written as {suffix}')
    return data.tobytes()


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes a picture, and the folders above it.

    Args:
        path (Path): The file; its suffix sets the format.
        picture (np.ndarray): As for ``encode_picture``.

    Raises:
        InputError: If it cannot be written.
    """
    data = encode_picture(picture, path.suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)  # OpenCV crashes at some names
    except OSError as error:
        raise InputError(
            f'{path} cannot be written ({error}): check the folder and its free space'
        ) from error
