"""Cutting a raster into windows, and its result into parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import torch

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.segmentors.axis import CPU, Axis, cut_windows
from mmseg_hrvit.models.segmentors.prediction import split

TILE = 512  # pixels of a tile's edge in the file that is written
STRIP_TILES = 8  # tiles that lie side by side in a strip


@dataclass(frozen=True)
class Part:
    """A rectangle of the result, a row of tiles in a strip.

    Args:
        rows (range): Its rows.
        cols (range): Its columns, those of the strip.
    """

    rows: range
    cols: range

    @property
    def name(self) -> str:
        """A unique name; names sort in the order of rows."""
        return f'{self.rows.start:09d}_{self.cols.start:09d}'


@dataclass(frozen=True)
class Grid:
    """Windows over a raster, as in sliding evaluation, and parts of the result.

    Parts lie in strips of a fixed width from the top to the bottom. Within a strip, no
    window is predicted twice; only the few at the edge of two strips are.

    Args:
        size (Sequence[int]): Height and width of the raster.
        window_size (Sequence[int]): Height and width of a window.
        stride (Sequence[int]): Pixels from one window to the next, by rows and columns.
        align_corners (bool): How logits are resized, as in the network's head.
        device (torch.device): Device of the logits. Defaults to the CPU.
    """

    size: Sequence[int]
    window_size: Sequence[int]
    stride: Sequence[int]
    align_corners: bool
    device: torch.device = CPU

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """The axes for the rows and the columns of the result."""
        return tuple(
            Axis(
                cut_windows(pixels, window, stride),
                range(pixels),
                pixels,
                self.align_corners,
                torch.float32,
                self.device,
            )
            for pixels, window, stride in zip(
                self.size, self.window_size, self.stride, strict=True
            )
        )

    @property
    def strips(self) -> list[range]:
        """The columns of each strip."""
        return split(self.size[1], TILE * STRIP_TILES)

    @property
    def bands(self) -> list[range]:
        """The rows of each row of tiles."""
        return split(self.size[0], TILE)

    @property
    def parts(self) -> Iterator[Part]:
        """All parts, in the order in which the file is written."""
        return (Part(rows, cols) for rows in self.bands for cols in self.strips)

    def share(self, index: int, count: int) -> list[list[Part]]:
        """Returns the parts for one of several processes.

        Args:
            index (int): Number of the process, from 0.
            count (int): Processes.

        Returns:
            list[list[Part]]: For each strip, the parts in its share of the rows.
        """
        bands = self.bands
        step = ceil(len(bands) / count)
        own = bands[index * step : (index + 1) * step]
        return [[Part(rows, cols) for rows in own] for cols in self.strips]


def lay_windows(
    size: Sequence[int],
    test_cfg: dict,
    align_corners: bool,
    window_size: Sequence[int] | None = None,
    stride: Sequence[int] | None = None,
) -> Grid:
    """Lays windows over a raster.

    Args:
        size (Sequence[int]): Height and width of the raster.
        test_cfg (dict): mmseg's config of the network, with its sliding windows.
        align_corners (bool): As in the network's head.
        window_size (Sequence[int], optional): Height and width instead of those.
        stride (Sequence[int], optional): The same for the stride. By default that of
            the config, or three quarters of ``window_size`` if that is given.

    Returns:
        Grid: The windows.

    Raises:
        InputError: If neither gives a size, or windows would leave gaps.
    """
    if window_size is None:
        if test_cfg.get('mode') != 'slide':
            raise InputError(
                'the network predicts whole images, and a raster is cut into windows: '
                'give their size with --window HEIGHT WIDTH, the size of the crops '
                'in training'
            )
        window_size = test_cfg['crop_size']
        stride = stride or test_cfg['stride']
    if min(window_size) < 1:
        raise InputError(f'--window {window_size[0]} {window_size[1]}: give 1 or more')
    stride = stride or [max(1, 3 * pixels // 4) for pixels in window_size]
    grid = Grid(tuple(size), tuple(window_size), tuple(stride), align_corners)
    for pixels, window, step in zip(*(grid.size, window_size, stride), strict=True):
        cut_windows(pixels, window, step)  # raises if there would be gaps
    return grid
