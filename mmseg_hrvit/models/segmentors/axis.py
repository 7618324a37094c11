"""From the logits of windows to output pixels, along one direction of an image.

Up-sampling a window's logits, the mean where windows overlap, taking padding off,
mirroring and rescaling are linear, and act on rows and columns apart. So an output
pixel is a sum of a few logits with weights, by rows and then by columns.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mmseg_hrvit.errors import InputError


class Taps(NamedTuple):
    """What each of n pixels is summed of.

    Args:
        index (Tensor): Where it is taken, (n, T), int64.
        weight (Tensor): Its weights, (n, T).
    """

    index: Tensor
    weight: Tensor


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
    """

    def __init__(
        self,
        windows: Sequence[range],
        shown: range,
        out_size: int,
        align_corners: bool,
        dtype: torch.dtype,
    ) -> None:
        self.windows = windows
        self.out_size = out_size
        self.align_corners = align_corners
        self.dtype = dtype
        count = torch.zeros(windows[-1].stop, dtype=dtype)
        for window in windows:
            count[window.start : window.stop] += 1
        index, weight = bilinear_taps(len(shown), out_size, align_corners, dtype)
        self._index = shown.start + shown.step * index  # out_size, T
        self._weight = weight / count[self._index]

    def touching(self, part: range) -> range:
        """Numbers of the windows of which a part of the output is summed."""
        index = self._index[part.start : part.stop]
        first, last = int(index.min()), int(index.max())
        numbers = [
            i
            for i, window in enumerate(self.windows)
            if window.start <= last and first < window.stop
        ]
        return range(numbers[0], numbers[-1] + 1)

    def taps(self, part: range, size: int) -> dict[int, Taps]:
        """Says what a part of the output takes from the windows that touch it.

        Args:
            part (range): Output pixels.
            size (int): Size of each window's logits.

        Returns:
            dict[int, Taps]: For each window the places in its logits. Pixels outside
            of it have weights of 0.
        """
        inside = bilinear_taps(
            size, len(self.windows[0]), self.align_corners, self.dtype
        )
        taps = {}
        for i in self.touching(part):
            window = self.windows[i]
            index = self._index[part.start : part.stop] - window.start  # n, T
            weight = self._weight[part.start : part.stop].clone()
            weight[(index < 0) | (index >= len(window))] = 0
            index = index.clamp(0, len(window) - 1)
            taps[i] = Taps(
                inside.index[index].flatten(1),  # n, T * T_inside
                (weight[..., None] * inside.weight[index]).flatten(1),
            )
        return taps


@lru_cache(maxsize=16)  # of an image all tiles ask the same
def bilinear_taps(
    size: int, out_size: int, align_corners: bool, dtype: torch.dtype
) -> Taps:
    """Says what ``torch.nn.functional.interpolate`` sums for each pixel of a line.

    Args:
        size (int): Size of the line.
        out_size (int): Size to which it is resized.
        align_corners (bool): As there.
        dtype (torch.dtype): Type of the weights, in which positions are rounded.

    Returns:
        Taps: Two for a pixel, or one where the size stays.
    """
    if size == out_size:
        return Taps(torch.arange(size)[:, None], torch.ones(size, 1, dtype=dtype))
    # How positions are rounded depends on torch's build for the processor, so it is
    # asked: of each pixel's two taps, which are neighbours, no two are equal modulo 3.
    thirds = F.one_hot(torch.arange(size) % 3, 3).T.to(dtype)  # 3, size
    shares = F.interpolate(
        thirds[None], out_size, mode='linear', align_corners=align_corners
    )[0]
    pixel = torch.arange(out_size)
    if align_corners:
        position = pixel * ((size - 1) / max(out_size - 1, 1))
    else:
        position = (pixel + 0.5) * (size / out_size) - 0.5
    nearest = position.round().long().clamp(0, size - 1)
    low = nearest - (shares[(nearest - 1) % 3, pixel] > 0).long()
    index = torch.stack((low, low + 1), 1)  # out_size, 2
    weight = shares[index % 3, pixel[:, None]]
    return Taps(index.clamp(max=size - 1), weight)


def cut_windows(size: int, crop_size: int, stride: int) -> list[range]:
    """Lays windows over one direction of an image, as mmseg does.

    Args:
        size (int): Pixels of the image.
        crop_size (int): Pixels of a window; an image may be smaller.
        stride (int): Pixels from one window to the next. The last ends with the image.

    Returns:
        list[range]: The pixels of each window.

    Raises:
        InputError: If the stride would leave pixels out.
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
