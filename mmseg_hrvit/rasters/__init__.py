"""Rasters of any size and any number of bands."""

from .band_preprocessor import BandDataPreProcessor
from .check_bands import check_bands
from .load_raster import LoadRaster
from .radiometric_distortion import RadiometricDistortion
from .raster_dataset import RasterDataset

__all__ = [
    'BandDataPreProcessor',
    'LoadRaster',
    'RadiometricDistortion',
    'RasterDataset',
    'check_bands',
]
