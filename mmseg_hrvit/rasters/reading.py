"""Reading parts of rasters of any size, with rasterio."""

import warnings
from collections.abc import Sequence
from importlib import import_module
from numbers import Integral
from pathlib import Path
from types import ModuleType

import numpy as np

from mmseg_hrvit.errors import DataError, InputError

# GDAL's cache, which would take 5 % of the memory. The first read in a process sets its
# size.
CACHE_MIB = 64
INSTALL = '`pip install mmseg_hrvit[raster]`'


def need(package: str) -> ModuleType:
    """Imports a package of the extra ``raster``.

    Args:
        package (str): Its name, or that of one of its modules.

    Returns:
        ModuleType: The package.

    Raises:
        InputError: If it is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        name = package.partition('.')[0]
        raise InputError(
            f'rasters need {name}, which is not installed: {INSTALL}'
        ) from error


class Raster:
    """An open raster file for reading parts. As a context manager, it closes the file.

    Args:
        path (str | Path): Any file, or data set name, that GDAL reads.
        bands (Sequence[int], optional): Numbers of the bands, from 1, in the order in
            which they are read. By default all but an alpha band.
        fill (float): Value of pixels without data. Defaults to 0.
        drivers (Sequence[str], optional): GDAL's drivers that may read it. By default
            all; some of them follow paths and URLs in a file.

    Raises:
        DataError: If it cannot be opened, or does not have the bands.
    """

    def __init__(
        self,
        path: str | Path,
        bands: Sequence[int] | None = None,
        fill: float = 0.0,
        drivers: Sequence[str] | None = None,
    ) -> None:
        self.path = str(path)
        self.fill = fill
        self.file = open_file(self.path, drivers)
        alpha = self.file.colorinterp[-1].name == 'alpha'
        count = self.file.count
        check_numbers(bands)
        self.bands = list(bands or range(1, count + 1 - alpha))
        unknown = [band for band in self.bands if band not in range(1, count + 1)]
        if unknown:
            self.close()
            raise DataError(
                f'{self.path} has the bands 1 to {count}, and band {unknown[0]} is '
                'requested: choose others'
            )
        # GDAL treats a fourth band of 8 bits as alpha. If ``bands`` names it, it holds
        # values.
        masks = [self.file.mask_flag_enums[band - 1] for band in self.bands]
        no_mask = {'all_valid'} | (
            {'alpha'} if alpha and count in self.bands else set()
        )
        self.has_mask = any(not no_mask & {f.name for f in mask} for mask in masks)
        types = [self.file.dtypes[band - 1] for band in self.bands]
        self.is_mixed = len({*types}) > 1
        has_floats = any(name.startswith('float') for name in types)
        self.may_lack_data = self.has_mask or has_floats  # floats may be NaN

    def __enter__(self) -> 'Raster':
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self.file.close()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.file.shape

    @property
    def is_georeferenced(self) -> bool:
        """Whether the file has a georeference."""
        return self.file.crs is not None and not self.file.transform.is_identity

    @property
    def whole(self) -> tuple[range, range]:
        """All rows and all columns."""
        return range(self.size[0]), range(self.size[1])

    def read(self, rows: range, cols: range) -> tuple[np.ndarray, np.ndarray]:
        """Reads a rectangle.

        Args:
            rows (range): Its rows.
            cols (range): Its columns.

        Returns:
            tuple[np.ndarray, np.ndarray]: Its values (H, W, C): uint8 as they are, and
            all other types as float32. And a mask (H, W), bool, of pixels with data
            in any of the bands.

        Raises:
            DataError: If it cannot be read, for instance because the file is truncated.
            InputError: If ``fill`` does not fit into its 8 bits.
        """
        rasterio = need('rasterio')
        window = ((rows.start, rows.stop), (cols.start, cols.stop))
        try:
            with rasterio.Env(GDAL_CACHEMAX=CACHE_MIB):
                pixels = self._read(window)
                masks = (
                    self.file.read_masks(self.bands, window=window) > 0
                    if self.has_mask
                    else np.ones(pixels.shape, bool)
                )
        except rasterio.errors.RasterioError as error:
            raise unreadable(self.path, error) from error
        if pixels.dtype.kind == 'c':
            raise DataError(f'{self.path} has complex numbers: give real ones')
        if pixels.dtype != np.uint8:
            pixels = pixels.astype(np.float32)
            masks &= np.isfinite(pixels)
        if not masks.all():
            if pixels.dtype == np.uint8 and self.fill not in range(256):
                raise InputError(
                    f'{self.path} has pixels without data, and fill={self.fill} does '
                    'not fit into 8 bits: give a whole number from 0 to 255'
                )
            pixels[~masks] = self.fill
        return np.ascontiguousarray(pixels.transpose(1, 2, 0)), masks.any(0)

    def _read(self, window: tuple) -> np.ndarray:
        if not self.is_mixed:
            return self.file.read(self.bands, window=window)
        # Bands of several types, as a VRT may have.
        return np.stack([self.file.read(band, window=window) for band in self.bands])


def check_numbers(bands: Sequence[int] | None) -> None:
    """Refuses band numbers that are not whole numbers."""
    if not all(isinstance(band, Integral) for band in bands or ()):
        raise InputError(f'bands={bands!r}: give whole numbers, from 1')


def open_file(path: str, drivers: Sequence[str] | None = None):
    """Opens a file with rasterio.

    Args:
        path (str): The file.
        drivers (Sequence[str], optional): As in ``Raster``.

    Returns:
        rasterio.DatasetReader: The open file.

    Raises:
        DataError: If there is none, or it is not a raster.
    """
    rasterio = need('rasterio')
    try:
        with warnings.catch_warnings(), rasterio.Env():
            # Images need no georeference.
            warnings.simplefilter('ignore', rasterio.errors.NotGeoreferencedWarning)
            if drivers is None:
                file = rasterio.open(path)
            else:  # rasterio.open takes only one driver
                file = rasterio.io.DatasetReader(path, driver=list(drivers))
    except rasterio.errors.RasterioError as error:
        raise unreadable(path, error) from error
    if file.count == 0:
        file.close()
        raise DataError(f'{path} has no bands: give one of its parts, as GDAL names it')
    return file


def describe_pages(raster: Raster) -> str | None:
    """Says if a file has further images beside the one that is read."""
    others = raster.file.subdatasets
    if len(others) < 2:
        return None
    return (
        f'{raster.path} has {len(others)} images, and only the first is read; name '
        f'another one as {others[1]}, or split the file'
    )


def unreadable(path: str, error: Exception) -> DataError:
    """Makes the error that names a raster that cannot be read."""
    told = error.__cause__ or error.__context__ or error  # GDAL's own words
    reason = ' '.join(str(told).split()) or type(error).__name__
    return DataError(
        f'{path} cannot be read as a raster ({reason[:160]}): check the path, or '
        'repair the file'
    )
