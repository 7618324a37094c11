"""Untrusted images: refused before they take memory."""

import math
from dataclasses import dataclass
from io import BytesIO

import mmcv
import numpy as np
from PIL import Image, UnidentifiedImageError

from mmseg_hrvit.datasets.image_files import END_MARKERS
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.export import Metadata
from mmseg_hrvit.rasters.reading import Raster, need

# Others may read further files of this machine, or of the network.
RASTER_DRIVERS = ['GTiff', 'PNG', 'JPEG']
FORMATS = ('JPEG', 'PNG', 'BMP', 'WEBP', 'TIFF')
PILLOW_PIXELS = 2 * Image.MAX_IMAGE_PIXELS  # it opens no image that has more

BROKEN, TOO_LARGE, NO_IMAGE = 400, 413, 415  # HTTP status codes


@dataclass(frozen=True)
class Limits:
    """How large an upload may be.

    Args:
        max_bytes (int): Of the file. Defaults to 32 MiB.
        max_pixels (int): Of the image, at most ``PILLOW_PIXELS``. Defaults to
            64 million.

    Raises:
        InputError: If one is out of range.
    """

    max_bytes: int = 32 * 2**20
    max_pixels: int = 64 * 10**6

    def __post_init__(self) -> None:
        if self.max_bytes < 1:
            raise InputError(f'--max-bytes {self.max_bytes}: give 1 or more')
        if not 1 <= self.max_pixels <= PILLOW_PIXELS:
            raise InputError(
                f'--max-pixels {self.max_pixels}: give 1 to {PILLOW_PIXELS}'
            )


class RefusedError(DataError):
    """An upload that is not segmented.

    Args:
        status (int): The HTTP status code.
        message (str): What is wrong with it, and what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def decode(data: bytes, limits: Limits) -> np.ndarray:
    """Decodes an upload, if it is within the limits.

    Args:
        data (bytes): The file.
        limits (Limits): The limits.

    Returns:
        np.ndarray: (H, W, 3), BGR, 8 bits, as ``Segmenter`` reads it from a file.

    Raises:
        RefusedError: If it is too large, not an image, or broken.
    """
    if len(data) > limits.max_bytes:
        raise too_many_bytes(limits)
    check_header(data, limits)
    try:
        image = mmcv.imfrombytes(data)
    except Exception as error:  # decoders raise of many kinds
        raise broken(error) from error
    if image is None:
        raise broken('it cannot be decoded')
    return image


def decode_bands(data: bytes, limits: Limits, metadata: Metadata) -> np.ndarray:
    """Decodes a raster, if it is within the limits.

    Args:
        data (bytes): The file, a GeoTIFF, PNG or JPEG.
        limits (Limits): The limits.
        metadata (Metadata): Of a network for rasters: its bands.

    Returns:
        np.ndarray: (H, W, bands), as ``LoadRaster`` reads it.

    Raises:
        RefusedError: If it is too large, not a raster, broken, or lacks a band.
    """
    if len(data) > limits.max_bytes:
        raise too_many_bytes(limits)
    with need('rasterio.io').MemoryFile(data) as memory:
        options = metadata.bands, metadata.fill, RASTER_DRIVERS
        try:
            with Raster(memory.name, *options) as raster:
                if math.prod(raster.size) > limits.max_pixels:
                    raise too_many_pixels(limits)
                return raster.read(*raster.whole)[0]
        except RefusedError:
            raise
        except DataError as error:
            raise RefusedError(
                BROKEN, str(error).replace(memory.name, 'the upload')
            ) from error


def check_header(data: bytes, limits: Limits) -> None:
    """Reads format and size; decodes nothing unless the end of the file looks odd."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > limits.max_pixels:
                raise too_many_pixels(limits)
            if not data.endswith(END_MARKERS.get(image.format, b'')):
                image.load()  # raises, unless it is only followed by something else
    except RefusedError:
        raise
    except Image.DecompressionBombError as error:
        raise too_many_pixels(limits) from error
    except UnidentifiedImageError as error:
        kinds = ', '.join(FORMATS)
        raise RefusedError(
            NO_IMAGE, f'this file cannot be read as an image: send one of {kinds}'
        ) from error
    except Exception as error:  # a broken file can raise almost anything
        raise broken(error) from error


def too_many_bytes(limits: Limits) -> RefusedError:
    """Makes the error of a file that is too long."""
    return RefusedError(
        TOO_LARGE,
        f'the file is larger than {limits.max_bytes:,} bytes: send a smaller one, or '
        'start the server with a larger --max-bytes',
    )


def too_many_pixels(limits: Limits) -> RefusedError:
    """Makes the error of an image that would take too much memory."""
    return RefusedError(
        TOO_LARGE,
        f'the image has more than {limits.max_pixels:,} pixels: send a smaller one, '
        'or start the server with a larger --max-pixels',
    )


def broken(reason: object) -> RefusedError:
    """Makes the error of an image whose decoding fails."""
    reason = ' '.join(str(reason).split())[:160]
    return RefusedError(BROKEN, f'this image is broken ({reason}): send it again')
