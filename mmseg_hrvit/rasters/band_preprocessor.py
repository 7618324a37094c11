"""Normalising images of any number of bands."""

from collections.abc import Sequence

import torch
from mmengine.registry import MODELS
from mmseg.models.data_preprocessor import SegDataPreProcessor

from mmseg_hrvit.errors import InputError


@MODELS.register_module()
class BandDataPreProcessor(SegDataPreProcessor):
    """mmseg's ``SegDataPreProcessor`` for any number of bands.

    mmseg's own takes a mean and a standard deviation for one band or for three.

    Args:
        mean (Sequence[float]): Mean of each band, in the order of ``LoadRaster``.
        std (Sequence[float]): Standard deviation of each band.
        size (Sequence[int], optional): Height and width to which training images are
            padded. Defaults to None.
        size_divisor (int, optional): In place of ``size``: training images are padded
            to a multiple of it. Defaults to None.
        pad_val (float): Normalised value of padding. Defaults to 0.
        seg_pad_val (float): Label of padding. Defaults to 255.
        bgr_to_rgb (bool): Must be False, because ``LoadRaster`` sets the order of the
            bands. Defaults to False.
        batch_augments (list[dict], optional): As in mmseg. Defaults to None.
        test_cfg (dict, optional): Padding of test images, as in mmseg. Defaults to
            None.

    Raises:
        InputError: If mean and std have different lengths, a std is not positive, or
            ``bgr_to_rgb`` is set.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        size: Sequence[int] | None = None,
        size_divisor: int | None = None,
        pad_val: float = 0,
        seg_pad_val: float = 255,
        bgr_to_rgb: bool = False,
        batch_augments: list[dict] | None = None,
        test_cfg: dict | None = None,
    ) -> None:
        if len(mean) != len(std) or min(std) <= 0:
            raise InputError(
                f'model.data_preprocessor has {len(mean)} values of mean and '
                f'{len(std)} of std: give as many, and each std above 0'
            )
        if bgr_to_rgb:
            raise InputError(
                'model.data_preprocessor.bgr_to_rgb=True: set it to False, and the '
                'order by the bands of LoadRaster'
            )
        super().__init__(
            size=size,
            size_divisor=size_divisor,
            pad_val=pad_val,
            seg_pad_val=seg_pad_val,
            batch_augments=batch_augments,
            test_cfg=test_cfg,
        )
        for name, values in dict(mean=mean, std=std).items():
            tensor = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1)
            self.register_buffer(name, tensor, persistent=False)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Normalises and pads a batch.

        Args:
            data (dict): 'inputs', images (C, H, W), and 'data_samples'.
            training (bool): As in mmseg. Defaults to False.

        Returns:
            dict: 'inputs' (B, C, H, W), and 'data_samples'.

        Raises:
            InputError: If an image has another number of bands.
        """
        data = self.cast_data(data)
        bands = {len(image) for image in data['inputs']}
        if bands != {len(self.mean)}:
            raise InputError(
                f'images have {min(bands)} bands, but model.data_preprocessor.mean has '
                f'{len(self.mean)} values: set the bands of LoadRaster, or mean and std'
            )
        inputs = [(image.float() - self.mean) / self.std for image in data['inputs']]
        return super().forward(dict(data, inputs=inputs), training)
