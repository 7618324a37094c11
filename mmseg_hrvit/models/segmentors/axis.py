"""From the logits of windows to output pixels, along one direction of an image.

Up-sampling a window's logits, the mean where windows overlap, removing padding,
mirroring and rescaling are linear, and act on rows and columns separately. So an output
pixel is a weighted sum of a few logits, first over rows and then over columns.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mmseg_hrvit.errors import InputError

CPU = torch.device('cpu')
MARGIN = 0.05  # by which positions of pixels in float32 may be off


class Taps(NamedTuple):
    """The positions and weights whose sum is each of n pixels.

    Args:
        index (Tensor): The positions, (n, T), int64.
        weight (Tensor): Their weights, (n, T).
        span (range): Positions that ``index`` may have; hardly more.
    """

    index: Tensor
    weight: Tensor
    span: range


class Axis:
    """One direction of an image.

    Args:
        windows (Sequence[range]): The input pixels of each window, in order; together
            they cover the input.
        shown (range): The input pixels that the output shows, in its order: without
            padding, and from last to first if the input is mirrored.
        out_size (int): Pixels of the output.
        align_corners (bool): How maps are resized, as in
            ``torch.nn.functional.interpolate``.
        dtype (torch.dtype): Type of the weights.
        device (torch.device): Device of the logits. Nothing here waits for it. Defaults
            to the CPU.
    """

    def __init__(
        self,
        windows: Sequence[range],
        shown: range,
        out_size: int,
        align_corners: bool,
        dtype: torch.dtype,
        device: torch.device = CPU,
    ) -> None:
        self.windows = windows
        self.shown = shown
        self.out_size = out_size
        self.align_corners = align_corners
        self.dtype = dtype
        self.device = device
        count = torch.zeros(windows[-1].stop, dtype=dtype, device=device)
        for window in windows:
            count[window.start : window.stop] += 1
        taps = bilinear_taps(len(shown), out_size, align_corners, dtype, device)
        self._index = shown.start + shown.step * taps.index  # out_size, T
        self._weight = taps.weight / count[self._index]

    def touching(self, part: range) -> range:
        """Numbers of the windows that contribute to a part of the output."""
        first, last = self._input_pixels(part)
        numbers = [
            i
            for i, window in enumerate(self.windows)
            if window.start <= last and first < window.stop
        ]
        return range(numbers[0], numbers[-1] + 1)

    def _input_pixels(self, part: range) -> tuple[int, int]:
        """The first and the last input pixel that may contribute to a part."""
        span = reach(part, len(self.shown), self.out_size, self.align_corners)
        first, last = sorted((self.shown[span[0]], self.shown[span[-1]]))
        return first, last

    def taps(self, part: range, size: int) -> dict[int, Taps]:
        """Returns what a part of the output takes from the windows that touch it.

        Args:
            part (range): Output pixels.
            size (int): Size of each window's logits.

        Returns:
            dict[int, Taps]: For each window the positions in its logits. Pixels outside
            it have weight 0.
        """
        edge = len(self.windows[0])
        inside = bilinear_taps(size, edge, self.align_corners, self.dtype, self.device)
        first, last = self._input_pixels(part)
        taps = {}
        for i in self.touching(part):
            window = self.windows[i]
            index = self._index[part.start : part.stop] - window.start  # n, T
            weight = self._weight[part.start : part.stop].clone()
            weight[(index < 0) | (index >= len(window))] = 0
            index = index.clamp(0, len(window) - 1)
            pixels = (
                min(max(x - window.start, 0), len(window) - 1) for x in (first, last)
            )
            taps[i] = Taps(
                inside.index[index].flatten(1),  # n, T * T_inside
                (weight[..., None] * inside.weight[index]).flatten(1),
                reach(between(*pixels), size, edge, self.align_corners),
            )
        return taps


def between(first: int, last: int) -> range:
    """The whole numbers from one to another, both included."""
    return range(first, last + 1)


def reach(part: range, size: int, out_size: int, align_corners: bool) -> range:
    """Returns which positions of a line may contribute to pixels if it is resized.

    Args:
        part (range): The pixels, in a row.
        size (int): Size of the line.
        out_size (int): Size to which it is resized.
        align_corners (bool): As in ``torch.nn.functional.interpolate``.

    Returns:
        range: The positions of ``bilinear_taps``; one more if rounding decides.
    """
    if size == out_size:
        return part
    first, last = (
        pixel * ((size - 1) / max(out_size - 1, 1))
        if align_corners
        else (pixel + 0.5) * (size / out_size) - 0.5
        for pixel in (part[0], part[-1])
    )
    low, high = math.floor(first - MARGIN), math.floor(max(last, 0) + MARGIN) + 1
    return between(max(low, 0), min(high, size - 1))


@lru_cache(maxsize=16)  # of an image all tiles ask the same
def bilinear_taps(
    size: int,
    out_size: int,
    align_corners: bool,
    dtype: torch.dtype,
    device: torch.device = CPU,
) -> Taps:
    """Returns what ``torch.nn.functional.interpolate`` sums for each pixel of a line.

    Args:
        size (int): Size of the line.
        out_size (int): Size to which it is resized.
        align_corners (bool): As there.
        dtype (torch.dtype): Type of the weights, in which positions are rounded.
        device (torch.device): Device of the result. Defaults to the CPU.

    Returns:
        Taps: Two positions for each pixel, or one if the size does not change.
    """
    places = torch.arange(size, device=device)
    if size == out_size:
        ones = torch.ones(size, 1, dtype=dtype, device=device)
        return Taps(places[:, None], ones, range(size))
    # How positions are rounded depends on the device and on torch's build, so it is
    # asked: of each pixel's two taps, which are neighbours, no two are equal modulo 3.
    thirds = (places % 3 == torch.arange(3, device=device)[:, None]).to(
        dtype
    )  # 3, size
    shares = F.interpolate(
        thirds[None], out_size, mode='linear', align_corners=align_corners
    )[0]
    pixel = torch.arange(out_size, device=device)
    if align_corners:
        position = pixel * ((size - 1) / max(out_size - 1, 1))
    else:
        position = (pixel + 0.5) * (size / out_size) - 0.5
    nearest = position.round().long().clamp(0, size - 1)
    low = nearest - (shares[(nearest - 1) % 3, pixel] > 0).long()
    index = torch.stack((low, low + 1), 1)  # out_size, 2
    weight = shares[index % 3, pixel[:, None]]
    return Taps(index.clamp(max=size - 1), weight, range(size))


def cut_windows(size: int, crop_size: int, stride: int) -> list[range]:
    """Lays windows over one direction of an image, as mmseg does.

    Args:
        size (int): Pixels of the image.
        crop_size (int): Pixels of a window; an image may be smaller.
        stride (int): Pixels from one window to the next. The last ends with the image.

    Returns:
        list[range]: The pixels of each window.

    Raises:
        InputError: If the stride would leave gaps.
    """
    if not 1 <= stride <= crop_size:
        raise InputError(
            f'model.test_cfg: stride {stride} does not fit crop_size {crop_size}: '
            f'windows would leave gaps, choose 1 to {crop_size}'
        )
    last = max(size - crop_size, 0)
    return [
        range(start, min(start + crop_size, size))
        for start in [*range(0, last, stride), last]
    ]
