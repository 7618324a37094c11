"""CamVid with the 11 classes that segmentation papers use."""

from typing import ClassVar

from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset


@DATASETS.register_module()
class CamVidDataset(BaseSegDataset):
    """CamVid: street scenes with 11 classes; 255 is unlabelled.

    Images are ``*.jpg``, label maps ``*.png`` with one byte per pixel.

    Args:
        img_suffix (str): Suffix of the images. Defaults to '.jpg'.
        seg_map_suffix (str): Suffix of the label maps. Defaults to '.png'.
        **kwargs: Further arguments of mmseg's ``BaseSegDataset``.
    """

    METAINFO: ClassVar[dict] = dict(
        classes=(
            'sky',
            'building',
            'pole',
            'road',
            'pavement',
            'tree',
            'sign symbol',
            'fence',
            'car',
            'pedestrian',
            'bicyclist',
        ),
        palette=[
            [128, 128, 128],
            [128, 0, 0],
            [192, 192, 128],
            [128, 64, 128],
            [60, 40, 222],
            [128, 128, 0],
            [192, 128, 128],
            [64, 64, 128],
            [64, 0, 128],
            [64, 64, 0],
            [0, 128, 192],
        ],
    )

    def __init__(
        self, img_suffix: str = '.jpg', seg_map_suffix: str = '.png', **kwargs
    ) -> None:
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
