"""Drawn rasters, and the smallest network that segments them."""

from pathlib import Path

import numpy as np
import pyogrio
import rasterio
import rasterio.features
import shapely
from mmengine.config import Config
from rasterio.transform import from_origin

import mmseg_hrvit

CRS = 'EPSG:32633'
PLACE = from_origin(500_000, 6_000_000, 0.5, 0.5)  # half a metre a pixel
# One block of four channels' heads; it takes seconds for what b1 takes minutes.
SMALLEST = dict(
    channels=(8, 16),
    depths=((1,), (1, 1)),
    window_sizes=(1, 2),
    mlp_ratios=(1, 1),
    head_dims=(4, 4),
)
CLASSES = ('water', 'field', 'wood', 'town')
PALETTE = [[30, 60, 200], [220, 200, 90], [20, 120, 40], [200, 60, 60]]


def write_raster(path: Path, values: np.ndarray, **options) -> Path:
    """Writes a tiled GeoTIFF.

    Args:
        path (Path): The file.
        values (np.ndarray): (bands, H, W).
        options: rasterio's, in place of those of this module.

    Returns:
        Path: ``path``.
    """
    count, height, width = values.shape
    profile = dict(
        driver='GTiff',
        height=height,
        width=width,
        count=count,
        dtype=values.dtype,
        crs=CRS,
        transform=PLACE,
        tiled=True,
        blockxsize=256,
        blockysize=256,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, 'w', **{**profile, **options}) as file:
        file.write(values)
    return path


def read_raster(path: Path) -> np.ndarray:
    """Reads all bands, (bands, H, W)."""
    with rasterio.open(path) as file:
        return file.read()


def read_files(folder: Path) -> dict[str, bytes]:
    """The content of all files below a folder, by their paths below it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file()
    }


def draw_blocks(seed: int, count: int, size: tuple[int, int], edge: int = 16):
    """Draws (H, W) of blocks that have one of so many numbers each."""
    rng = np.random.default_rng(seed)
    height, width = size
    blocks = rng.integers(0, count, (-(-height // edge), -(-width // edge)))
    return blocks.repeat(edge, 0).repeat(edge, 1)[:height, :width].astype(np.uint8)


def draw_bands(
    labels: np.ndarray, count: int, telling: int, dtype: str, top: int, seed: int = 0
) -> np.ndarray:
    """Draws bands of noise, of which one tells the class and the others nothing.

    Args:
        labels (np.ndarray): (H, W).
        count (int): Number of bands.
        telling (int): Which of them tells, from 0.
        dtype (str): Type of the values.
        top (int): The largest of them.
        seed (int): Of the noise. Defaults to 0.

    Returns:
        np.ndarray: (count, H, W).
    """
    rng = np.random.default_rng(seed)
    bands = rng.uniform(0, top, (count, *labels.shape))
    step = top / len(CLASSES)
    bands[telling] = (labels + rng.uniform(0.2, 0.8, labels.shape)) * step
    return bands.astype(dtype)


def make_mosaic(root: Path, size: tuple[int, int] = (150, 170)) -> Path:
    """Draws mosaics of four bands of 16 bits, as configs/rasters names them."""
    for seed, split in enumerate(('train', 'val')):
        labels = draw_blocks(seed, 4, size)
        bands = draw_bands(labels, 4, 3, 'uint16', 4000, seed)
        write_raster(root / f'{split}.tif', bands)
        write_raster(root / f'{split}_labels.tif', labels[None], nodata=255)
    return root


def write_polygons(mosaic: Path) -> None:
    """Writes the labels beside a drawn mosaic as a shapefile, and takes them away."""
    labels = mosaic.with_name(f'{mosaic.stem}_labels.tif')
    names = dict(enumerate(('field', 'town', 'water', 'wood')))
    with rasterio.open(labels) as file:
        shapes = list(rasterio.features.shapes(file.read(1), transform=PLACE))
    pyogrio.raw.write(
        mosaic.with_suffix('.shp'),
        shapely.to_wkb([shapely.geometry.shape(shape) for shape, _ in shapes]),
        [np.array([names[int(value)] for _, value in shapes], object)],
        ['class'],
        geometry_type='Polygon',
        crs=CRS,
    )
    labels.unlink()


def raster_config(folder: Path, bands: int = 3, **dataset) -> Config:
    """A config of a small network over ``RasterDataset``.

    Args:
        folder (Path): The ``data_root``.
        bands (int): Bands of the rasters. Defaults to 3.
        dataset: Arguments of both data sets.

    Returns:
        Config: The config; mean and std are 128 and 64.
    """
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_quickstart'))
    channels = SMALLEST['channels']
    load = dict(type='mmseg_hrvit.LoadRaster', bands=[*range(1, bands + 1)])
    data = dict(
        type='mmseg_hrvit.RasterDataset',
        data_root=str(folder),
        crop_size=(64, 64),
        metainfo=dict(classes=CLASSES, palette=PALETTE),
        pipeline=[load, dict(type='PackSegInputs')],
        **dataset,
    )
    for split in ('train', 'val', 'test'):
        cfg[f'{split}_dataloader'].dataset = dict(data)
        cfg[f'{split}_dataloader'].update(num_workers=0, persistent_workers=False)
    cfg.train_dataloader.dataset.random_crops = True
    cfg.model.data_preprocessor.update(
        type='mmseg_hrvit.BandDataPreProcessor',
        mean=[128.0] * bands,
        std=[64.0] * bands,
        bgr_to_rgb=False,
        size=(64, 64),
    )
    cfg.model.backbone.update(
        arch=dict(SMALLEST), in_channels=bands, out_indices=(0, 1)
    )
    cfg.model.decode_head.update(
        in_channels=channels, in_index=[0, 1], channels=16, num_classes=len(CLASSES)
    )
    cfg.model.test_cfg = dict(mode='slide', crop_size=(96, 128), stride=(70, 80))
    cfg.work_dir = str(folder / 'work')
    return cfg
