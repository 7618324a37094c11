"""Mean and standard deviation of the bands of a data set, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmengine.config import Config
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.datasets.checked_pipeline import innermost, run
from mmseg_hrvit.errors import InputError

from .load_raster import LoadRaster
from .raster_dataset import cut
from .reading import Raster

BLOCK = 1024  # rows and columns of a raster that are read at once


@dataclass
class Statistics:
    """Statistics over pixels, which are added in blocks.

    Args:
        count (int): Pixels. Defaults to 0.
        mean (np.ndarray): Of each band, (C,), float64. Defaults to 0.
        squares (np.ndarray): Sums of squared differences from the mean, (C,). Defaults
            to 0.
    """

    count: int = 0
    mean: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0

    @property
    def std(self) -> np.ndarray:
        """Standard deviation of each band, (C,)."""
        return np.sqrt(self.squares / self.count)

    def add(self, pixels: np.ndarray) -> None:
        """Adds a block of pixels (n, C), by Chan's formula: sums of squares alone
        would lose the digits of bands that lie far from 0."""
        count = len(pixels)
        if count == 0:
            return
        pixels = pixels.astype(np.float64)
        mean = pixels.mean(0)
        squares = np.square(pixels - mean).sum(0)
        difference, total = mean - self.mean, self.count + count
        self.squares = self.squares + squares
        self.squares = self.squares + difference**2 * (self.count * count / total)
        self.mean = self.mean + difference * (count / total)
        self.count = total


def measure(cfg: Config, split: str) -> Statistics:
    """Measures the data set of a config.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.

    Returns:
        Statistics: For the bands of ``LoadRaster``, in its order; for RGB images, for
        red, green and blue.

    Raises:
        InputError: If the config has no such data set, or the data set has no pixel
            with data.
        DataError: If a file cannot be read.
    """
    loader = cfg.get(f'{split}_dataloader')
    if not loader:
        raise InputError(
            f'the config has no {split}_dataloader: choose another --split'
        )
    found = Statistics()
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        dataset = registry.build(dict(loader['dataset']))
    for part in innermost(dataset):
        for pixels in read_blocks(part):
            found.add(pixels)
    if found.count == 0:
        raise InputError(f'{split}_dataloader has no pixel with data: check its files')
    return found


def read_blocks(dataset: BaseSegDataset) -> Iterator[np.ndarray]:
    """Yields the pixels with data of a data set, (n, C) each; reads every file once."""
    transforms = dataset.pipeline.transforms
    paths = {dataset.get_data_info(i)['img_path'] for i in range(len(dataset))}
    for loader in transforms:
        if isinstance(loader, LoadRaster):
            for path in sorted(paths):
                yield from read_raster(path, loader)
            return
        if isinstance(loader, LoadImageFromFile):
            for path in sorted(paths):
                image = run(loader, dict(img_path=path))['img']  # BGR
                yield image.reshape(-1, image.shape[-1])[:, ::-1]
            return
    raise InputError('the pipeline has neither LoadRaster nor LoadImageFromFile')


def read_raster(path: str, loader: LoadRaster) -> Iterator[np.ndarray]:
    """Yields the pixels with data of a raster, (n, C) each."""
    with Raster(path, loader.bands, loader.fill) as raster:
        for rows, cols in cut(raster.size, (BLOCK, BLOCK)):
            pixels, valid = raster.read(range(*rows), range(*cols))
            yield pixels[valid]
