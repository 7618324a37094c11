"""The rules for readable images and label maps; all code that reads them uses these.

An image has one or three channels of 8 bits, or of 16 bits whose full range is used;
alpha is dropped. A label map has one byte per pixel: the number of its class. Both have
a single page or frame.
"""

import os

import cv2
import numpy as np
from PIL import Image

from mmseg_hrvit.errors import DataError
from mmseg_hrvit.words import number_of

from .image_header import Header, read_header

# Suffixes by which the tools find images in folders.
IMAGE_SUFFIXES = (
    '.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.bmp', '.webp', '.tif', '.tiff', '.gif',
    '.ppm', '.pgm', '.pbm', '.pnm', '.jp2', '.avif',
)  # fmt: skip
END_MARKERS = dict(JPEG=b'\xff\xd9', PNG=b'IEND\xaeB`\x82')
# Some decoders fill in missing parts of these formats, so the end is checked here.
CHECKED_SUFFIXES = ('.jpg', '.jpeg', '.jpe', '.jfif', '.png')
# One byte a pixel: grey, indices of a palette, bits.
LABEL_MODES = ('L', 'P', '1')
UNKNOWN = 'unknown'
CONVERT = '`hrvit convert masks`'
WHOLE = 'write whole numbers of 8 bits'
# mmcv keeps the upper 8 of 16 bits, which leaves 14-bit values a quarter as bright.
USED_BITS = 14
WHITE = 65535


def check_complete(path: str) -> None:
    """Refuses a JPEG or PNG file that is truncated, not an image, or far too large.

    It reads only the header and the last bytes, before a decoder takes memory. Some
    versions of OpenCV fill what is missing with grey. Files of other formats, and files
    that are not on local disks, are left to their loader.

    Args:
        path (str): The file.

    Raises:
        DataError: If it cannot be used. The largest size is twice PIL's
            ``MAX_IMAGE_PIXELS``, 179 million pixels.
    """
    if not path.lower().endswith(CHECKED_SUFFIXES) or not os.path.isfile(path):
        return
    try:
        with Image.open(path) as image:
            if not ends_whole(path, END_MARKERS.get(image.format, b'')):
                image.load()  # raises, unless it is only followed by something else
    except Exception as error:  # a broken file can raise almost anything
        raise unreadable(path, error) from error


def check_image_file(path: str) -> None:
    """Refuses an image file that mmcv would read as something else.

    Args:
        path (str): The file. One that is not on a local disk passes, and so does one in
            a format that Pillow does not know.

    Raises:
        DataError: If it is broken, has several pages, bands that are not colours, or
            floating point numbers, or uses so few of 16 bits that it would look nearly
            black.
    """
    header = read_checked(path)
    if header is None:
        return
    check_pages(path, header)
    if header.is_float or header.bits > 16:
        kind = 'floating point numbers' if header.is_float else f'{header.bits} bits'
        raise refused(path, f'its values are {kind}', 'write 8 bits per channel')
    if header.kind == 'TIFF' and (header.channels not in (1, 3, 4) or not header.mode):
        what = f'{header.channels} bands of {header.bits} bits'
        raise refused(path, f'it has {what}', 'write the three to show')
    if header.kind == 'TIFF' and header.mode == 'RGBA' and is_transparent(path):
        raise refused(
            path,
            'its fourth band would be read as transparency and darken the others',
            'write only red, green and blue',
        )
    if header.bits == 16:
        check_depth(path)


def check_label_file(path: str) -> None:
    """Refuses a label map whose pixels are not the numbers of classes.

    Args:
        path (str): The file. One that is not on a local disk passes.

    Raises:
        DataError: If it is broken, lossy, in colours, scaled, inverted, rotated by
            EXIF, or has several pages or several bytes per pixel.
    """
    header = read_checked(path)
    if header is None:
        return
    check_values(path, header)
    if header.mode not in LABEL_MODES:
        remedy = WHOLE if header.is_float else f'convert it with {CONVERT}'
        raise refused(path, describe_mode(header), remedy)


def read_colour_map(path: str) -> np.ndarray:
    """Reads a label map whose classes have colours.

    Args:
        path (str): The file. Grey of 16 or 32 bits is read as numbers; number 3 is the
            colour (3, 3, 3).

    Returns:
        np.ndarray: (height, width, 3), RGB, 8 bits.

    Raises:
        DataError: If it is broken, lossy, scaled, inverted, rotated by EXIF,
            transparent over a colour, or has several pages, or values that are not
            colours.
    """
    header = read_checked(path)
    if header is None:
        raise unreadable(path, OSError('it is not an image'))
    check_values(path, header)
    if header.is_float:
        raise refused(path, describe_mode(header), WHOLE)
    if not header.mode or (header.bits > 8 and header.channels > 1):
        raise refused(
            path,
            f'it has {number_of(header.channels, "channel")} of {header.bits} bits',
            'write three channels of 8 bits',
        )
    try:
        with Image.open(path) as image:
            if image.mode.startswith('I'):
                return spread_numbers(np.asarray(image), path)
            check_palette(path, image)
            pixels = np.asarray(image.convert('RGBA'))
    except DataError:
        raise
    except Exception as error:  # a broken file can raise almost anything
        raise unreadable(path, error) from error
    colours = pixels[..., :3]
    hidden = (pixels[..., 3] == 0) & colours.any(axis=2)
    if hidden.any():
        raise refused(
            path,
            f'{int(hidden.sum())} of its pixels have a colour, but are transparent',
            'export it without transparency',
        )
    return colours


def check_palette(path: str, image: Image.Image) -> None:
    """Refuses values that have no colour in the palette of their file."""
    if image.mode != 'P':
        return
    count, highest = len(image.getpalette('RGB')) // 3, image.getextrema()[1]
    if highest >= count:
        raise refused(
            path,
            f'it has the value {highest}, but its palette has only {count} colours',
            'export it again with a complete palette',
        )


def spread_numbers(numbers: np.ndarray, path: str) -> np.ndarray:
    """Converts numbers to grey colours; they must fit into a byte."""
    if numbers.min() < 0 or numbers.max() > 255:
        what = f'it has numbers from {numbers.min()} to {numbers.max()}'
        raise refused(path, what, 'number the classes from 0 to 254')
    return np.repeat(numbers.astype(np.uint8)[..., None], 3, axis=2)


def check_pages(path: str, header: Header) -> None:
    """Refuses a file with more than one page or frame."""
    if header.has_more:
        raise refused(
            path,
            'it has several pages or frames, of which only the first would be read',
            'write each to a file of its own',
        )


def check_values(path: str, header: Header) -> None:
    """Refuses a file whose values or pixel positions readers may change."""
    check_pages(path, header)
    if header.is_lossy:
        raise refused(
            path,
            f'it is a {header.kind}, compressed in a way that changes values',
            'export it again as PNG',
        )
    if header.orientation != 1:
        raise refused(
            path,
            f'EXIF (orientation {header.orientation}) rotates it, which is ignored in '
            'label maps',
            'write its pixels upright, without EXIF',
        )
    if header.is_scaled or header.is_inverted:
        grey = f'grey of {header.bits} bits'
        scaled = grey if header.bits < 8 else 'grey with a highest value other than 255'
        raise refused(
            path,
            f'it is {"inverted" if header.is_inverted else scaled}, so that readers '
            'change its numbers',
            'write 8 bits, as PNG',
        )


def read_checked(path: str) -> Header | None:
    """Reads the header of a complete file; None if the file is left to its loader."""
    if not os.path.isfile(path):
        return None
    check_complete(path)
    try:
        return read_header(path)
    except Image.UnidentifiedImageError:
        return None  # its loader may know more, or says that it is none
    except Exception as error:  # a broken file can raise almost anything
        raise unreadable(path, error) from error


def describe_mode(header: Header) -> str:
    """Describes a label map with more than one byte per pixel."""
    if header.is_float:
        what = 'floating point numbers'
    elif header.channels > 1:
        what = 'colours'
    else:
        what = f'{header.bits} bits per pixel'
    return f'it has {what} (mode {header.mode or UNKNOWN}), not one byte per pixel'


def is_transparent(path: str) -> bool:
    """Whether the fourth band of a file is anything but 255 throughout.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        with Image.open(path) as image:
            return image.getextrema()[3] != (255, 255)
    except Exception as error:  # a broken file can raise almost anything
        raise unreadable(path, error) from error


def check_depth(path: str) -> None:
    """Refuses an image of 16 bits if its brightest value except white is far below."""
    try:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:  # of sizes and types that it does not know
        raise unreadable(path, error) from error
    if pixels is None:
        raise unreadable(path, OSError('16 bits in a form that OpenCV does not read'))
    # Pure white may be a hot pixel, or a scale bar.
    check_used_bits(path, int(pixels.max(initial=0, where=pixels < WHITE)))


def check_used_bits(path: str, brightest: int) -> None:
    """Refuses an image of 16 bits if its brightest value is far below their range."""
    if 0 < brightest < 1 << USED_BITS:
        raise refused(
            path,
            f'it uses {brightest.bit_length()} of its 16 bits (the brightest value is '
            f'{brightest}), and only the upper 8 are read: it would be nearly black',
            'scale it to 8 bits',
        )


def refused(path: str, reason: str, remedy: str) -> DataError:
    """Makes the error for a file that would be read as something else."""
    return DataError(f'{path} cannot be used: {reason}; {remedy}')


def ends_whole(path: str, marker: bytes) -> bool:
    """Whether a file ends with the end marker of its format."""
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
        f'{path} cannot be read ({reason[:160]}): repair the file, or remove it from '
        'the data set'
    )


def find_hidden_turn(image: str) -> str | None:
    """Says if EXIF rotates an image without changing its size.

    Then nobody can know whether its label map was drawn on the stored or on the rotated
    image. Training rotates the image, but not the label map.

    Args:
        image (str): The image file.

    Returns:
        str | None: What is uncertain.
    """
    header = read_checked(image)
    if header is None or not header.hides_its_turn:
        return None
    return (
        f'EXIF (orientation {header.orientation}) rotates {image}, and the size does '
        'not show whether its labels were drawn before or after'
    )
