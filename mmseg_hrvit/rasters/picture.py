"""Rasters for networks that take pictures of 8 bits."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmseg_hrvit.datasets.image_files import USED_BITS, WHITE, check_used_bits, refused

from .raster_dataset import cut
from .reading import Raster

BLOCK = 1024  # rows and columns that are read at once
STEP = 257  # 65535 / 255, by which libtiff divides 16 bits


class Picture(Raster):
    """A raster that is read as a TIFF picture is: 16 bits become 8.

    Args:
        path (str | Path): As in ``Raster``.
        bands (Sequence[int], optional): As in ``Raster``.
        fill (float): As in ``Raster``. Defaults to 0.

    Raises:
        DataError: If it has other types than 8 or 16 bits, or uses so few of 16 that it
            would look nearly black; and as in ``Raster``.
    """

    def __init__(
        self, path: str | Path, bands: Sequence[int] | None = None, fill: float = 0.0
    ) -> None:
        super().__init__(path, bands, fill)
        types = {self.file.dtypes[band - 1] for band in self.bands}
        if types not in ({'uint8'}, {'uint16'}):
            self.close()
            what = f'its values are {", ".join(sorted(types))}'
            raise refused(self.path, what, 'write 8 bits per channel')
        if types == {'uint16'}:
            check_used_bits(self.path, self._find_brightest())

    def read(self, rows: range, cols: range) -> tuple[np.ndarray, np.ndarray]:
        """Reads a rectangle as ``Raster`` does, but always with 8 bits."""
        pixels, valid = super().read(rows, cols)
        if pixels.dtype != np.uint8:
            pixels = np.rint(pixels / STEP).astype(np.uint8)
        return pixels, valid

    def _find_brightest(self) -> int:
        """Returns the brightest value except white, or the first one bright enough."""
        brightest = 0
        for rows, cols in cut(self.size, (BLOCK, BLOCK)):
            pixels, _ = super().read(range(*rows), range(*cols))
            found = int(pixels.max(initial=0, where=pixels < WHITE))
            brightest = max(brightest, found)
            if brightest >> USED_BITS:
                break
        return brightest
