"""Reading a data set of rasters for a survey."""

from collections.abc import Collection

import numpy as np
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import PackSegInputs

from mmseg_hrvit.datasets.check_labels import check_labels
from mmseg_hrvit.datasets.label_survey import META, Sample, count_bytes, find_labels
from mmseg_hrvit.errors import DataError

from .load_raster import LoadRaster


def has_rasters(dataset: BaseSegDataset) -> bool:
    """Whether a data set's pipeline reads rasters."""
    return any(isinstance(t, LoadRaster) for t in dataset.pipeline.transforms)


class RasterReader:
    """Reads crops of rasters and counts their pixels, like ``PairReader``.

    Args:
        dataset (BaseSegDataset): The data set, with ``LoadRaster`` in its pipeline.
        ignored (Collection[int]): Labels that are ignored. Defaults to (): the
            pipeline's, or the data set's.
    """

    def __init__(self, dataset: BaseSegDataset, ignored: Collection[int] = ()) -> None:
        self.loader = next(
            t for t in dataset.pipeline.transforms if isinstance(t, LoadRaster)
        )
        self.num_classes, self.ignored = find_labels(dataset)
        self.ignored = {*ignored} or self.ignored

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
        brightest = int(image.max()) if image.dtype == np.uint8 else None
        return Sample(data['ori_shape'], pixels, pixels, brightest)
