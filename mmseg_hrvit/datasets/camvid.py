"""CamVid with the 11 classes that segmentation papers use."""

from typing import ClassVar

from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

JPEG, PNG = '.jpg', '.png'


@DATASETS.register_module()
class CamVidDataset(BaseSegDataset):
    """CamVid: street scenes with 11 classes; 255 is unlabelled.

    Label maps have one byte per pixel. ``hrvit convert camvid`` writes the folders.

    Args:
        img_suffix (str, optional): Suffix of the images. Defaults to None: '.jpg', or
            '.png' if the folder has no JPEG.
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
        self, img_suffix: str | None = None, seg_map_suffix: str = '.png', **kwargs
    ) -> None:
        self.may_be_png = img_suffix is None
        super().__init__(
            img_suffix=img_suffix or JPEG, seg_map_suffix=seg_map_suffix, **kwargs
        )

    def load_data_list(self) -> list[dict]:
        """Lists the images and their label maps."""
        samples = super().load_data_list()
        if not samples and self.may_be_png:
            self.img_suffix = PNG
            samples = super().load_data_list()
            self.img_suffix = PNG if samples else JPEG
        return samples
