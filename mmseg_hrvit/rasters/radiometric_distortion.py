"""Augmentation of the values of any number of bands."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmengine.registry import TRANSFORMS

from mmseg_hrvit.errors import InputError


@TRANSFORMS.register_module()
class RadiometricDistortion(BaseTransform):
    """Changes the values of all bands, as light, air and sensors do.

    It takes any number of bands in any unit; mmseg's ``PhotoMetricDistortion`` takes
    three colours of 8 bits. It makes each of the three changes below with probability
    0.5. 8-bit images stay within 0 to 255.

    Modified keys: img.

    Args:
        gain (float): Multiplies all bands by one number within 1 +- gain, as light
            does. Defaults to 0.2.
        band_gain (float): Multiplies each band by its own number within 1 +- band_gain,
            as sensors do. Defaults to 0.1.
        offset (float): Adds to each band one number within +- offset times the band's
            standard deviation in the image, as haze does. Defaults to 0.2.

    Raises:
        InputError: If one of them is negative, or 1 or more.
    """

    def __init__(
        self, gain: float = 0.2, band_gain: float = 0.1, offset: float = 0.2
    ) -> None:
        for name, value in dict(gain=gain, band_gain=band_gain, offset=offset).items():
            if not 0 <= value < 1:
                raise InputError(
                    f'RadiometricDistortion: {name}={value}: give 0 to below 1'
                )
        self.gain, self.band_gain, self.offset = gain, band_gain, offset

    @cache_randomness
    def _draw(self, bands: int) -> tuple[np.ndarray, np.ndarray]:
        """Draws the factors (C,), and the offsets (C,) in standard deviations."""
        change = np.random.rand(3) < 0.5
        gain = np.random.uniform(-self.gain, self.gain) * change[0]
        own = np.random.uniform(-self.band_gain, self.band_gain, bands) * change[1]
        offset = np.random.uniform(-self.offset, self.offset, bands) * change[2]
        return (1 + gain) * (1 + own), offset

    def transform(self, results: dict) -> dict:
        """Changes the image.

        Args:
            results (dict): 'img' (H, W, C).

        Returns:
            dict: The same, with 'img' of the same type.
        """
        image = results['img']
        factor, offset = self._draw(image.shape[2])
        deviation = image.std((0, 1), dtype=np.float32)
        changed = image * np.float32(factor) + np.float32(offset) * deviation
        if image.dtype == np.uint8:
            changed = changed.round().clip(0, 255)
        results['img'] = changed.astype(image.dtype)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(gain={self.gain}, band_gain={self.band_gain}, '
            f'offset={self.offset})'
        )
