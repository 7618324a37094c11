"""Whether an image file is whole, and small enough to be decoded."""

import os
from pathlib import Path

from PIL import Image

from mmseg_hrvit.errors import DataError

END_MARKERS = dict(JPEG=b'\xff\xd9', PNG=b'IEND\xaeB`\x82')


def check_image_file(path: str) -> None:
    """Refuses a JPEG or PNG file that is truncated, no image, or far too large.

    Only the header and the last bytes are read: before a decoder takes memory, and
    since some versions of OpenCV fill what is missing with grey. Files of other
    formats, and those that are not on this machine's disks, are left to their loader.

    Args:
        path (str): The file.

    Raises:
        DataError: If it cannot be used. The largest size is twice PIL's
            ``MAX_IMAGE_PIXELS``, 179 million pixels.
    """
    is_checked = Path(path).suffix.lower() in ('.jpg', '.jpeg', '.png')
    if not is_checked or not os.path.isfile(path):
        return
    try:
        with Image.open(path) as image:
            if not ends_whole(path, END_MARKERS.get(image.format, b'')):
                image.load()  # raises, unless it is only followed by something else
    except Exception as error:  # a broken file can raise almost anything
        raise unreadable(path, error) from error


def ends_whole(path: str, marker: bytes) -> bool:
    """Whether a file ends with its format's end marker."""
    with open(path, 'rb') as file:
        file.seek(-min(len(marker), os.path.getsize(path)), os.SEEK_END)
        return file.read() == marker


def unreadable(path: str, error: Exception) -> DataError:
    """Makes the error that names a file that cannot be read.

    Args:
        path (str): The file.
        error (Exception): What reading it raised.

    Returns:
        DataError: The error to raise.
    """
    reason = ' '.join(str(error).split()) or type(error).__name__
    return DataError(
        f'{path} cannot be read ({reason[:160]}): mend the file, or take it out of the '
        'data set'
    )
