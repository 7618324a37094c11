"""The prediction for one image, rendered from windows tile by tile."""

from collections.abc import Mapping, Sequence

import torch
from mmengine.structures import PixelData
from torch import Tensor

from .axis import Axis, Taps

CPU_TILE, TILE = 128, 1024


class Prediction:
    """The labels of an image, and its logits on request.

    Args:
        rows (Axis): The image's rows.
        cols (Axis): Its columns.
        channels (int): Channels of the logits.
        threshold (float, optional): The value from which a single channel's sigmoid
            becomes 1.
        keep_logits (bool): Whether to return full-size logits.
        device (torch.device): Device of the logits.
    """

    def __init__(
        self,
        rows: Axis,
        cols: Axis,
        channels: int,
        threshold: float | None,
        keep_logits: bool,
        device: torch.device,
    ) -> None:
        self.rows, self.cols = rows, cols
        self.threshold = threshold
        self.tile_size = tile_size(device)
        size = (rows.out_size, cols.out_size)
        dtype = torch.int64 if channels > 1 else rows.dtype
        self.labels = torch.empty(1, *size, dtype=dtype, device=device)
        self.logits = None
        if keep_logits:
            self.logits = torch.empty(channels, *size, dtype=rows.dtype, device=device)

    @property
    def bands(self) -> list[range]:
        """The rows of each band that is rendered at once."""
        return split(self.rows.out_size, self.tile_size)

    def render(self, band: range, windows: Mapping[int, Sequence[Tensor]]) -> None:
        """Renders a band.

        Args:
            band (range): Its rows.
            windows (Mapping[int, Sequence[Tensor]]): The logits (h, w, C) of each
                window, in rows; at least those that touch the band.
        """
        height, width = next(iter(windows.values()))[0].shape[:2]
        rows = self.rows.taps(band, height)
        for tile in split(self.cols.out_size, self.tile_size):
            logits = combine(rows, self.cols.taps(tile, width), windows)
            self._put(band, tile, logits)

    def _put(self, band: range, tile: range, logits: Tensor) -> None:
        place = (..., slice(band.start, band.stop), slice(tile.start, tile.stop))
        if self.threshold is None:
            # Quicker than argmax on a CPU, and takes the first of equals as well.
            self.labels[place] = logits.max(dim=2).indices
        else:
            logits = logits.sigmoid()
            self.labels[place] = (logits > self.threshold).squeeze(2)
        if self.logits is not None:
            self.logits[place] = logits.permute(2, 0, 1)

    def fields(self) -> dict[str, PixelData]:
        """Returns the fields of a prediction for mmseg's data samples.

        Returns:
            dict[str, PixelData]: 'pred_sem_seg' (1, H, W), of a single channel 0 or
            1 in the logits' type, else int64. If logits are kept 'seg_logits'
            (C, H, W), of a single channel its sigmoid.
        """
        fields = dict(pred_sem_seg=PixelData(data=self.labels))
        if self.logits is not None:
            fields['seg_logits'] = PixelData(data=self.logits)
        return fields


def combine(
    rows: Mapping[int, Taps],
    cols: Mapping[int, Taps],
    windows: Mapping[int, Sequence[Tensor]],
) -> Tensor:
    """Sums a tile of windows.

    Args:
        rows (Mapping[int, Taps]): What the tile's rows take from each row of windows.
        cols (Mapping[int, Taps]): The same for columns.
        windows (Mapping[int, Sequence[Tensor]]): The logits (h, w, C) of each window.

    Returns:
        Tensor: The tile's logits (H, W, C).
    """
    tile = None
    for i, row in rows.items():
        first, last = row.span[0], row.span[-1]
        strip = None
        for j, taps in cols.items():
            strip = add_sums(strip, windows[i][j][first : last + 1], taps, dim=1)
        tile = add_sums(tile, strip, row._replace(index=row.index - first), dim=0)
    return tile


def add_sums(total: Tensor | None, x: Tensor, taps: Taps, dim: int) -> Tensor:
    """Adds weighted sums along one direction of a map.

    Args:
        total (Tensor | None): The sum so far, changed in place. None: no sum yet.
        x (Tensor): The map (h, w, C).
        taps (Taps): What is summed to each of n pixels.
        dim (int): 0 or 1: the size that becomes n.

    Returns:
        Tensor: The total.
    """
    for index, weight in zip(taps.index.unbind(1), taps.weight.unbind(1), strict=True):
        weight = weight.view((-1, 1, 1) if dim == 0 else (-1, 1))
        part = x.index_select(dim, index)
        total = part.mul_(weight) if total is None else total.addcmul_(part, weight)
    return total


def tile_size(device: torch.device) -> int:
    """Edge in pixels of a tile that is rendered at once.

    On a CPU it should stay in the cache; elsewhere few and large kernels are quicker.
    """
    return CPU_TILE if device.type == 'cpu' else TILE


def split(size: int, part_size: int) -> list[range]:
    """Cuts pixels into parts; the last may be shorter."""
    starts = range(0, size, part_size)
    return [range(start, min(start + part_size, size)) for start in starts]
