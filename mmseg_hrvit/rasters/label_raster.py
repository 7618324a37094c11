"""Reading label rasters, which have to fit their rasters."""

import json
from functools import lru_cache

import numpy as np

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import DataError

from .reading import Raster, need

GRID_TOLERANCE = 0.01  # pixels
LOSSY_DRIVERS = ('JPEG', 'ECW', 'MrSID')
ROUNDED = 0.5  # the largest error that whole numbers do not notice


def read_labels(raster: Raster, rows: range, cols: range) -> np.ndarray:
    """Reads a rectangle of a label raster.

    Args:
        raster (Raster): One band of whole numbers, the classes.
        rows (range): Rows of the rectangle.
        cols (range): Its columns.

    Returns:
        np.ndarray: (H, W), uint8; 255 where the raster has no data.

    Raises:
        DataError: If it cannot be read, is compressed with loss, or has other values
            than numbers from 0 to 255.
    """
    check_lossless(raster)
    if len(raster.bands) != 1:
        raise DataError(
            f'label raster {raster.path} has {len(raster.bands)} bands: give one with '
            'the number of the class at every pixel'
        )
    values, valid = raster.read(rows, cols)
    labels = np.where(valid, values[..., 0], np.float32(IGNORED))
    fits = (labels >= 0) & (labels <= IGNORED) & (labels == np.floor(labels))
    if not fits.all():
        raise DataError(
            f'label raster {raster.path} has the value {labels[~fits][0]:g}: give '
            'numbers of classes, 0 to 254, and 255 or nodata where a pixel is ignored'
        )
    return labels.astype(np.uint8)


def check_grid(image: Raster, labels: Raster) -> None:
    """Refuses a label raster whose grid differs from that of its raster.

    Args:
        image (Raster): The raster.
        labels (Raster): Its labels.

    Raises:
        DataError: If their sizes differ, or their CRS or positions, if both have them.
    """
    names = f'label raster {labels.path}', f'its raster {image.path}'
    if image.size != labels.size:
        raise DataError(
            f'{names[0]} has the size {labels.size}, but {names[1]} has {image.size}: '
            'make them equal'
        )
    crs = image.file.crs, labels.file.crs
    if all(crs) and crs[0] != crs[1] and flatten(crs[0]) != flatten(crs[1]):
        raise DataError(
            f'{names[0]} has the CRS {name_crs(crs[1])}, but {names[1]} '
            f'{name_crs(crs[0])}: warp it'
        )
    if any(raster.file.transform.is_identity for raster in (image, labels)):
        return
    shift = corner_shift(image, labels)
    if shift > GRID_TOLERANCE:
        raise DataError(
            f'{names[0]} is shifted by {shift:.2f} pixels from {names[1]}: warp it to '
            'the same grid'
        )


def corner_shift(image: Raster, other: Raster) -> float:
    """Returns the largest distance between corners of two rasters, in pixels."""
    height, width = image.size
    corners = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)]).T
    to_ground, from_ground = (
        np.array([(x.a, x.b, x.c), (x.d, x.e, x.f), (0, 0, 1)])
        for x in (other.file.transform, ~image.file.transform)
    )
    return float(np.abs(from_ground @ to_ground @ corners - corners).max())


def check_lossless(raster: Raster) -> None:
    """Refuses a label raster whose compression changes values.

    Raises:
        DataError: If its compression, or that of a file in a VRT, does.
    """
    if is_lossy(raster.file):
        found = [raster.path]
    elif raster.file.driver == 'VRT':
        found = [path for path in raster.file.files[1:] if is_lossy_file(path)]
    else:
        found = []
    if found:
        raise DataError(
            f'label raster {found[0]} is compressed in a way that changes values: '
            'export it again without loss, for instance with DEFLATE'
        )


@lru_cache(4096)
def is_lossy_file(path: str) -> bool:
    """Whether the compression of a file changes values; False if it is no raster."""
    try:
        with Raster(path) as raster:
            return is_lossy(raster.file)
    except DataError:
        return False


def is_lossy(file) -> bool:
    """Whether the compression of an open file changes values."""
    tags = file.tags(ns='IMAGE_STRUCTURE')
    return (
        file.driver in LOSSY_DRIVERS
        or 'JPEG' in tags.get('COMPRESSION', '')
        or tags.get('COMPRESSION_REVERSIBILITY', '').startswith('LOSSY')
        or float(tags.get('MAX_Z_ERROR', 0)) > ROUNDED
    )


def flatten(crs):
    """Returns the horizontal part of a CRS that has heights, too."""
    parts = crs.to_dict(projjson=True)
    if parts.get('type') != 'CompoundCRS':
        return crs
    return need('rasterio').CRS.from_user_input(json.dumps(parts['components'][0]))


def name_crs(crs) -> str:
    """Returns the code of a CRS, or else its name."""
    code = crs.to_epsg()
    return f'EPSG:{code}' if code else str(crs.to_dict(projjson=True).get('name', crs))
