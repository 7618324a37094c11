"""What an image file says about itself, read without its pixels."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, TiffImagePlugin, UnidentifiedImageError

# Tags of TIFF.
BITS, COMPRESSION, PHOTOMETRIC, SUBFILE = 258, 259, 262, 254
SAMPLES, SAMPLE_FORMAT, ORIENTATION = 277, 339, 274
WIDTH, HEIGHT = 256, 257
STRIPS, TILES = 273, 324
# JPEG (old and new), LogLuv (two), JPEG 2000, JPEG of DNG, JPEG XL.
LOSSY_COMPRESSIONS = (6, 7, 34676, 34677, 34712, 34892, 50002)
WEBP_COMPRESSION = 50001
NO_PAGE = 1 | 4  # in SUBFILE: an overview, a transparency mask
MIN_IS_WHITE = 0
FLOAT = 3

TIFF_MAGIC = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
PNG_MAGIC = b'\x89PNG\r\n\x1a\n'
LOSSY = ('JPEG', 'MPO', 'JPEG2000', 'AVIF', 'HEIF', 'JXL')
PHOTO = 'MPO'  # a JPEG of a camera, with previews as further frames
MODE_BITS = {'1': 1, 'I': 32, 'F': 32}
MODE_CHANNELS = {'LA': 2, 'PA': 2, 'La': 2, 'RGBA': 4, 'RGBa': 4, 'RGBX': 4, 'CMYK': 4}


@dataclass(frozen=True)
class Header:
    """What an image file says about itself.

    Args:
        kind (str): The format, by Pillow's name.
        mode (str): Pillow's mode of the pixels, '' if Pillow does not read the file.
        size (tuple[int, int]): Height and width of the pixels as stored.
        bits (int): Of each channel.
        channels (int): Of each pixel in the file; 1 for a palette.
        is_float (bool): Whether values are floating point numbers.
        is_lossy (bool): Whether the format changes values.
        is_scaled (bool): Whether readers multiply the values to fill a byte.
        is_inverted (bool): Whether 0 is stored for white, so that readers invert it.
        has_more (bool): Whether there are pages or frames after the first.
        orientation (int): EXIF's, from 1, as stored, to 8.
    """

    kind: str
    mode: str
    size: tuple[int, int]
    bits: int
    channels: int
    is_float: bool = False
    is_lossy: bool = False
    is_scaled: bool = False
    is_inverted: bool = False
    has_more: bool = False
    orientation: int = 1

    @property
    def shown_size(self) -> tuple[int, int]:
        """Height and width of the image when it is upright."""
        return self.size[::-1] if self.orientation >= 5 else self.size

    @property
    def hides_its_turn(self) -> bool:
        """Whether the image is rotated or mirrored, but keeps its size."""
        return self.orientation != 1 and self.shown_size == self.size


def read_header(path: str) -> Header:
    """Reads what a file says about itself.

    Args:
        path (str): An image file.

    Returns:
        Header: What it says.

    Raises:
        OSError: If it cannot be opened, or is not an image. For a broken file Pillow
            raises other errors, and for one that is far too large
            ``DecompressionBombError``.
    """
    with open(path, 'rb') as file:
        start = file.read(26)
        file.seek(0)
        try:
            with Image.open(file) as image:
                return describe(image, start, file)
        except UnidentifiedImageError:
            if not start.startswith(TIFF_MAGIC):
                raise
            return describe_tiff(file, mode='')


def describe(image: Image.Image, start: bytes, file: BinaryIO) -> Header:
    """Makes a header from what Pillow knows.

    Args:
        image (Image.Image): The image, opened.
        start (bytes): The first bytes of its file.
        file (BinaryIO): The file.

    Returns:
        Header: What it says.
    """
    if image.format == 'TIFF':
        return describe_tiff(file, image.mode)
    mode = image.mode
    if start.startswith(PNG_MAGIC):
        bits = start[24]  # Pillow reduces three channels of 16 bits to 8
        exif = read_png_exif(file)  # Pillow would decode all pixels to find it
    else:
        bits = 16 if mode.startswith('I;16') else MODE_BITS.get(mode, 8)
        exif = Image.Exif()  # image.getexif() would take the orientation of XMP too
        exif.load(image.info.get('exif', b''))
    orientation = exif.get(ORIENTATION, 1)
    return Header(
        kind=image.format,
        mode=mode,
        size=image.size[::-1],
        bits=bits,
        channels=MODE_CHANNELS.get(mode, 3 if len(mode) == 3 else 1),
        is_float=mode == 'F',
        is_lossy=image.format in LOSSY or is_lossy_webp(file, 0),
        is_scaled=(mode == 'L' and bits < 8) or is_scaled_pgm(image),
        has_more=getattr(image, 'is_animated', False) and image.format != PHOTO,
        orientation=orientation if orientation in range(1, 9) else 1,
    )


def is_scaled_pgm(image: Image.Image) -> bool:
    """Whether a PGM file says that its highest value is another one than 255."""
    if image.format != 'PPM' or image.mode != 'L':
        return False
    decoder, _, _, args = image.tile[0]
    return decoder != 'raw' and args[-1] != 255


def read_png_exif(file: BinaryIO) -> Mapping:
    """Reads the EXIF data of a PNG file, which may follow its pixels."""
    exif = Image.Exif()
    file.seek(len(PNG_MAGIC))
    while len(head := file.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], 'big'), head[4:]
        if kind == b'eXIf':
            exif.load(file.read(length))
            break
        file.seek(length + 4, os.SEEK_CUR)
    return exif


def is_lossy_webp(file: BinaryIO, offset: int) -> bool:
    """Whether there is a WebP image with a lossy frame.

    Args:
        file (BinaryIO): A file.
        offset (int): Where the image would start in it.

    Returns:
        bool: False also if it is something else.
    """
    file.seek(offset)
    start = file.read(12)
    end = offset + 8 + int.from_bytes(start[4:8], 'little')
    if start[:4] != b'RIFF' or start[8:] != b'WEBP':
        return False
    # Profiles, EXIF data and alpha may come before the pixels.
    while file.tell() < end and len(head := file.read(8)) == 8:
        kind, length = head[:4], int.from_bytes(head[4:], 'little')
        if kind == b'VP8 ':
            return True
        # The parts of an animation's frame follow 16 bytes.
        file.seek(16 if kind == b'ANMF' else length + length % 2, os.SEEK_CUR)
    return False


def read_pages(file: BinaryIO) -> Iterator[Mapping]:
    """Yields the tags of every page of a TIFF file, also if Pillow cannot read it."""
    file.seek(0)
    start = file.read(8)
    if start[2:3] == b'+':  # BigTIFF
        start += file.read(8)
    tags, seen = TiffImagePlugin.ImageFileDirectory_v2(start), set()
    while tags.next and tags.next not in seen:
        seen.add(tags.next)
        file.seek(tags.next)
        tags.load(file)
        yield dict(tags)


def describe_tiff(file: BinaryIO, mode: str) -> Header:
    """Makes a header from the tags of a TIFF file.

    Args:
        file (BinaryIO): The file.
        mode (str): Pillow's mode, or ''.

    Returns:
        Header: What they say.
    """
    pages = read_pages(file)
    tags = next(pages, {})
    bits, formats = tags.get(BITS, (1,)), tags.get(SAMPLE_FORMAT, (1,))
    orientation = tags.get(ORIENTATION, 1)
    return Header(
        kind='TIFF',
        mode=mode,
        size=(tags.get(HEIGHT, 0), tags.get(WIDTH, 0)),
        bits=max(bits),
        channels=tags.get(SAMPLES, 1),
        is_float=FLOAT in formats,
        is_lossy=is_lossy_tiff(file, tags),
        is_inverted=tags.get(PHOTOMETRIC) == MIN_IS_WHITE,
        has_more=any(not page.get(SUBFILE, 0) & NO_PAGE for page in pages),
        orientation=orientation if orientation in range(1, 9) else 1,
    )


def is_lossy_tiff(file: BinaryIO, tags: Mapping) -> bool:
    """Whether a page of a TIFF file is compressed in a way that changes values."""
    compression = tags.get(COMPRESSION, 1)
    if compression != WEBP_COMPRESSION:
        return compression in LOSSY_COMPRESSIONS
    parts = tags.get(STRIPS) or tags.get(TILES) or ()
    return any(is_lossy_webp(file, offset) for offset in parts)
