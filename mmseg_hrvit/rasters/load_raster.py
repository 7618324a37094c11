"""A transform that reads a raster, or a part of it, with its labels."""

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.registry import TRANSFORMS

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.datasets.pair_reader import relabelling

from .label_raster import check_grid, read_labels
from .reading import Raster, check_numbers


@TRANSFORMS.register_module()
class LoadRaster(BaseTransform):
    """Reads chosen bands of a raster, and its label raster if there is one.

    It replaces ``LoadImageFromFile`` and ``LoadAnnotations``. If the sample has a
    window (``RasterDataset``), it reads only that. Labels are ignored at pixels without
    data in any of the bands.

    Required keys: img_path; optional ones: seg_map_path, window, label_map,
    reduce_zero_label, seg_fields.

    Modified keys: img (H, W, C), of 8 bits as it is and of any other type as float32;
    img_shape, ori_shape; gt_seg_map (H, W), uint8, and seg_fields.

    Args:
        bands (Sequence[int], optional): Numbers of the bands, from 1, in the order of
            the network's channels. By default all but an alpha band.
        fill (float): Value of pixels without data. Defaults to 0.

    Raises:
        InputError: If ``bands`` has something else than whole numbers.
    """

    def __init__(self, bands: Sequence[int] | None = None, fill: float = 0.0) -> None:
        check_numbers(bands)
        self.bands = None if bands is None else list(bands)
        self.fill = fill

    def transform(self, results: dict) -> dict:
        """Reads what the sample names.

        Args:
            results (dict): The sample.

        Returns:
            dict: The sample with image and labels.

        Raises:
            DataError: If a file cannot be read, or the labels do not fit.
        """
        with Raster(results['img_path'], self.bands, self.fill) as raster:
            window = results.get('window')
            rows, cols = (range(*x) for x in window) if window else raster.whole
            image, valid = raster.read(rows, cols)
            shape = image.shape[:2]
            results.update(img=image, img_shape=shape, ori_shape=shape)
            if results.get('seg_map_path'):
                with Raster(results['seg_map_path']) as label_raster:
                    check_grid(raster, label_raster)
                    labels = read_labels(label_raster, rows, cols)
                results['gt_seg_map'] = map_labels(labels, valid, results)
                results.setdefault('seg_fields', []).append('gt_seg_map')
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(bands={self.bands}, fill={self.fill})'


def map_labels(labels: np.ndarray, valid: np.ndarray, sample: dict) -> np.ndarray:
    """Maps labels as the sample's data set says, like mmseg's loader.

    Args:
        labels (np.ndarray): (H, W), uint8, as read from the file.
        valid (np.ndarray): (H, W), bool, where there is data.
        sample (dict): 'label_map' and 'reduce_zero_label', if the data set has them.

    Returns:
        np.ndarray: (H, W), uint8.
    """
    return np.where(valid, relabelling(sample)[labels], IGNORED).astype(np.uint8)
