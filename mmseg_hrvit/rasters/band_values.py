"""The values in the bands of rasters."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .reading import Raster


@dataclass
class Statistics:
    """Statistics over pixels, which are added in blocks.

    Args:
        count (int): Pixels. Defaults to 0.
        mean (np.ndarray): Of each band, (C,), float64. Defaults to 0.
        squares (np.ndarray): Sums of squared differences from the mean, (C,). Defaults
            to 0.
    """

    count: int = 0
    mean: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0

    @property
    def std(self) -> np.ndarray:
        """Standard deviation of each band, (C,)."""
        return np.sqrt(self.squares / self.count)

    def add(self, pixels: np.ndarray) -> None:
        """Adds a block of pixels (n, C), by Chan's formula: sums of squares alone
        would lose the digits of bands that lie far from 0."""
        if len(pixels) == 0:
            return
        pixels = pixels.astype(np.float64)
        mean = pixels.mean(0)
        self.merge(Statistics(len(pixels), mean, np.square(pixels - mean).sum(0)))

    def merge(self, other: 'Statistics') -> None:
        """Adds the statistics of other pixels."""
        difference, total = other.mean - self.mean, self.count + other.count
        self.squares = self.squares + other.squares
        self.squares += difference**2 * (self.count * other.count / total)
        self.mean = self.mean + difference * (other.count / total)
        self.count = total


@dataclass
class BandValues:
    """The values of the bands of a raster, or of several.

    Args:
        path (str): The raster; of several, the first one.
        kinds (list[tuple]): Type, scale and offset of each band.
        statistics (Statistics): Mean and standard deviation.
        least (np.ndarray): The smallest two different values, (2, C).
        largest (np.ndarray): The largest two, (2, C).
    """

    path: str
    kinds: list[tuple]
    statistics: Statistics = field(default_factory=Statistics)
    least: np.ndarray | None = None
    largest: np.ndarray | None = None

    def add(self, pixels: np.ndarray) -> None:
        """Adds pixels (n, C)."""
        if len(pixels) == 0:
            return
        self.statistics.add(pixels)
        ends = [pixels, *(x for x in (self.least, self.largest) if x is not None)]
        self.least, self.largest = two_least(ends), -two_least([-x for x in ends])


def two_least(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Returns the smallest two different values of columns, (2, C)."""
    first = np.min([part.astype(float).min(0) for part in parts], 0)
    above = [np.where(part > first, part, np.inf).min(0) for part in parts]
    second = np.min(above, 0)
    return np.stack([first, np.where(np.isinf(second), first, second)])


def read_kinds(raster: Raster) -> list[tuple]:
    """Returns type, scale and offset of each band that is read."""
    file = raster.file
    return [
        (file.dtypes[band - 1], file.scales[band - 1], file.offsets[band - 1])
        for band in raster.bands
    ]


def join(parts: Sequence[BandValues]) -> BandValues | None:
    """Joins the values of several rasters; None if none has any."""
    parts = [part for part in parts if part.statistics.count]
    if not parts:
        return None
    joined = BandValues(parts[0].path, parts[0].kinds)
    for part in parts:
        joined.statistics.merge(part.statistics)
    joined.least = two_least([part.least for part in parts])
    joined.largest = -two_least([-part.largest for part in parts])
    return joined
