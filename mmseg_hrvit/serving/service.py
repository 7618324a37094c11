"""The network for page and endpoint, which gets one upload at a time."""

from collections.abc import Callable
from threading import Lock

import numpy as np

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.rasters.composite import compose_bands

from .uploads import Limits, decode, decode_bands


class Service:
    """Segments uploads.

    Args:
        segmenter (Segmenter): The network.
        limits (Limits): Of uploads.
    """

    def __init__(self, segmenter: Segmenter, limits: Limits) -> None:
        self.segmenter = segmenter
        self.limits = limits
        self.metadata = segmenter.metadata
        # Many uploads at once need the memory of one, and a Segmenter has state.
        self.lock = Lock()

    def segment(self, read: Callable[[], bytes]) -> tuple[np.ndarray, np.ndarray]:
        """Segments an image file.

        Args:
            read (Callable[[], bytes]): Reads the file, when it is its turn.

        Returns:
            tuple[np.ndarray, np.ndarray]: The image (H, W, 3), BGR, 8 bits (for a
            raster its first three bands), and the class of every pixel, (H, W).

        Raises:
            InputError: If the upload is refused, or does not fit the network.
        """
        with self.lock:
            if self.metadata.bands:
                image = decode_bands(read(), self.limits, self.metadata)
            else:
                image = decode(read(), self.limits)
            (result,) = self.segmenter([image])
        if self.metadata.bands:
            image = compose_bands(image.transpose(2, 0, 1))
        return image, result.labels
