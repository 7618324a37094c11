"""Reading a data set of rasters for a survey."""

from collections.abc import Mapping

import numpy as np
from mmengine.config import Config
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import PackSegInputs

from mmseg_hrvit.datasets.borders import count_borders
from mmseg_hrvit.datasets.check_labels import check_labels
from mmseg_hrvit.datasets.label_survey import Survey
from mmseg_hrvit.datasets.normalization import check_normalization
from mmseg_hrvit.datasets.pair_reader import (
    META,
    PairReader,
    Sample,
    count_bytes,
    find_labels,
)
from mmseg_hrvit.errors import DataError

from .band_values import BandValues, read_kinds
from .band_warnings import find_band_warnings
from .load_raster import LoadRaster
from .reading import Raster, describe_pages


def make_reader(
    dataset: BaseSegDataset, with_images: bool = True
) -> 'PairReader | RasterReader':
    """Makes the reader of a data set's samples for a survey.

    Args:
        dataset (BaseSegDataset): The data set.
        with_images (bool): Whether images are decoded, if they are no rasters. Defaults
            to True.

    Returns:
        PairReader | RasterReader: The reader that its pipeline needs.
    """
    if any(isinstance(t, LoadRaster) for t in dataset.pipeline.transforms):
        return RasterReader(dataset)
    return PairReader(dataset, with_images)


class RasterReader:
    """Reads crops of rasters and counts their pixels, like ``PairReader``.

    Args:
        dataset (BaseSegDataset): The data set, with ``LoadRaster`` in its pipeline.
    """

    def __init__(self, dataset: BaseSegDataset) -> None:
        self.loader = next(
            t for t in dataset.pipeline.transforms if isinstance(t, LoadRaster)
        )
        self.label_loaders = [self.loader]
        self.num_classes, self.ignored = find_labels(dataset)

    def __call__(self, record: dict) -> Sample:
        """Reads a crop and its labels.

        Args:
            record (dict): The data set's record of them.

        Returns:
            Sample: What is in them.
        """
        try:
            data = self.loader(dict(record, seg_fields=[]))
            if 'gt_seg_map' not in data:
                raise DataError(f'raster {record["img_path"]} has no labels: add them')
            packed = PackSegInputs(META)(dict(data))
            check_labels(packed['data_samples'], self.num_classes, self.ignored)
        except DataError as error:
            return Sample(fault=str(error))
        pixels = count_bytes(data['gt_seg_map'])
        image = data['img']
        with Raster(record['img_path'], self.loader.bands) as raster:
            values = BandValues(raster.path, read_kinds(raster))
            note = describe_pages(raster)
        values.add(image[(image != self.loader.fill).any(-1)])
        with Raster(record['seg_map_path']) as labels:
            hidden = labels.file.nodata
        return Sample(
            size=data['ori_shape'],
            values=pixels,
            pixels=pixels,
            brightest=int(image.max()) if image.dtype == np.uint8 else None,
            hidden=None if hidden is None or np.isnan(hidden) else int(hidden),
            notes=[note] if note else [],
            borders=count_borders(data['gt_seg_map']),
            bands=values,
        )


def find_value_warnings(surveys: Mapping[str, Survey], cfg: Config) -> dict:
    """Finds values that are probably mistakes, or normalised wrongly.

    See ``find_band_warnings`` for rasters, and ``check_normalization`` for images.

    Args:
        surveys (Mapping[str, Survey]): What is in each split.
        cfg (Config): The config.

    Returns:
        dict[str, list[str]]: One line each, by split.
    """
    preprocessor = (cfg.get('model') or {}).get('data_preprocessor') or {}
    mean, std = preprocessor.get('mean'), preprocessor.get('std')
    bands = {split: survey.bands for split, survey in surveys.items() if survey.bands}
    warnings = find_band_warnings(bands, mean, std)
    split, first = next(iter(surveys.items()))
    if split not in bands and mean is not None:
        lines = check_normalization(first.transforms, mean, std)
        warnings[split] = [f'{split}: {line}' for line in lines]
    return warnings
