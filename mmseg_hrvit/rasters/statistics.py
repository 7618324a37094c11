"""Mean and standard deviation of the bands of a data set, in bounded memory."""

from collections.abc import Iterator

from mmcv.transforms import LoadImageFromFile
from mmengine.config import Config
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.datasets.checked_pipeline import innermost, run
from mmseg_hrvit.errors import InputError

from .band_values import BandValues, Statistics, join, read_kinds
from .load_raster import LoadRaster
from .raster_dataset import cut
from .reading import Raster

BLOCK = 1024  # rows and columns of a raster that are read at once


def measure(cfg: Config, split: str) -> Statistics:
    """Measures the data set of a config; see ``measure_files``.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.

    Returns:
        Statistics: For the bands of ``LoadRaster``, in its order; for RGB images, for
        red, green and blue.
    """
    return join(measure_files(cfg, split)).statistics


def measure_files(cfg: Config, split: str) -> list[BandValues]:
    """Measures every file of a config's data set.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.

    Returns:
        list[BandValues]: For each file, as in ``measure``.

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
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        dataset = registry.build(dict(loader['dataset']))
    found = [values for part in innermost(dataset) for values in read_files(part)]
    if join(found) is None:
        raise InputError(f'{split}_dataloader has no pixel with data: check its files')
    return found


def read_files(dataset: BaseSegDataset) -> Iterator[BandValues]:
    """Yields the values of every file of a data set."""
    transforms = dataset.pipeline.transforms
    paths = {dataset.get_data_info(i)['img_path'] for i in range(len(dataset))}
    for loader in transforms:
        if isinstance(loader, LoadRaster):
            yield from (read_raster(path, loader) for path in sorted(paths))
            return
        if isinstance(loader, LoadImageFromFile):
            for path in sorted(paths):
                image = run(loader, dict(img_path=path))['img']  # BGR
                channels = image.shape[-1]
                values = BandValues(path, [(str(image.dtype), 1.0, 0.0)] * channels)
                values.add(image.reshape(-1, channels)[:, ::-1])
                yield values
            return
    raise InputError('the pipeline has neither LoadRaster nor LoadImageFromFile')


def read_raster(path: str, loader: LoadRaster) -> BandValues:
    """Reads the values of a raster at the pixels with data."""
    with Raster(path, loader.bands, loader.fill) as raster:
        values = BandValues(path, read_kinds(raster))
        for rows, cols in cut(raster.size, (BLOCK, BLOCK)):
            pixels, valid = raster.read(range(*rows), range(*cols))
            values.add(pixels[valid])
    return values
