"""Predicting the parts of a raster, one row of windows after another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mmseg_hrvit.models import TiledEncoderDecoder
from mmseg_hrvit.models.segmentors.prediction import combine, split, tile_size

from .grid import Grid, Part
from .reading import Raster

Windows = dict[int, dict[int, Tensor]]  # logits (h, w, C) by row and column


@dataclass(frozen=True)
class Result:
    """The prediction for a part.

    Args:
        labels (np.ndarray): (H, W), int64; without meaning at pixels without data.
        probabilities (np.ndarray): Those of the wanted classes, (wanted, H, W),
            float32.
        valid (np.ndarray): Mask of pixels with data, (H, W), bool.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    valid: np.ndarray


class StripPredictor:
    """Predicts parts that are below each other.

    It keeps the logits of windows as long as a later part needs them. So memory depends
    on the size of windows and strips, not on the raster.

    Args:
        segmentor (TiledEncoderDecoder): The network, in evaluation mode, or an exported
            file instead.
        raster (Raster): The raster, with the bands that the network takes.
        grid (Grid): The windows.
        wanted (Sequence[int]): Classes whose probabilities are wanted. Defaults to
            none.
    """

    def __init__(
        self,
        segmentor: TiledEncoderDecoder,
        raster: Raster,
        grid: Grid,
        wanted: Sequence[int] = (),
    ) -> None:
        self.segmentor = segmentor
        self.raster = raster
        device = next(segmentor.parameters(), torch.empty(0)).device
        self.grid = replace(grid, device=device)
        self.tile_size = tile_size(device)
        self.wanted = list(wanted)
        single = segmentor.out_channels == 1
        self.threshold = segmentor.decode_head.threshold if single else None
        self._empty: Tensor | None = None

    @torch.inference_mode()
    def predict(self, parts: Sequence[Part]) -> Iterator[tuple[Part, Result]]:
        """Predicts parts.

        Args:
            parts (Sequence[Part]): Parts of one strip, from the top.

        Yields:
            tuple[Part, Result]: A part and its prediction.

        Raises:
            DataError: If the raster cannot be read.
        """
        rows, cols = self.grid.axes
        logits: Windows = {}
        for part in parts:
            needed, across = rows.touching(part.rows), cols.touching(part.cols)
            logits = {i: row for i, row in logits.items() if i in needed}
            _, valid = self.raster.read(part.rows, part.cols)
            if not valid.any():
                yield part, self._nothing(valid)
                continue
            for i in needed:
                if i not in logits:
                    logits[i] = self._row_logits(i, across)
            yield part, self._render(part, logits, valid)

    def _row_logits(self, i: int, across: range) -> dict[int, Tensor]:
        """Returns the logits of a row's windows, by their number."""
        rows, cols = self.grid.axes
        lines = rows.windows[i]
        left = cols.windows[across.start].start
        right = cols.windows[across[-1]].stop
        pixels, valid = self.raster.read(lines, range(left, right))
        image = torch.from_numpy(pixels.transpose(2, 0, 1))[None]
        places = {
            j: range(cols.windows[j].start - left, cols.windows[j].stop - left)
            for j in across
        }
        full = [j for j, x in places.items() if valid[:, x.start : x.stop].any()]
        logits = dict.fromkeys(across, self._empty)
        logits.update(self._logits(image, {j: places[j] for j in full}))
        if self._empty is None and len(full) < len(across):
            # Windows without data are all the same.
            first = next(j for j in across if j not in full)
            (self._empty,) = self._logits(image, {first: places[first]}).values()
            logits = {j: self._empty if x is None else x for j, x in logits.items()}
        return logits

    def _logits(self, image: Tensor, places: dict[int, range]) -> dict[int, Tensor]:
        """Runs the network on windows of an image (1, C, H, W), by their columns."""
        if image.is_floating_point():  # the segmentor normalises integers itself
            image = self.segmentor.data_preprocessor(dict(inputs=[*image]), False)
            image = image['inputs']
        row = range(image.shape[2])
        logits = self.segmentor.window_logits(image, [{}], row, [*places.values()])
        return {j: x[0] for j, x in zip(places, logits, strict=True)}

    def _render(self, part: Part, logits: Windows, valid: np.ndarray) -> Result:
        """Sums a part of windows, tile by tile as ``Prediction`` does."""
        rows, cols = self.grid.axes
        height, width = next(iter(logits[min(logits)].values())).shape[:2]
        labels = np.empty(valid.shape, np.int64)
        probabilities = np.empty((len(self.wanted), *valid.shape), np.float32)
        for lines in split(len(part.rows), self.tile_size):
            own = part.rows[lines.start : lines.stop]
            row_taps = rows.taps(own, height)
            for places in split(len(part.cols), self.tile_size):
                taps = cols.taps(part.cols[places.start : places.stop], width)
                tile = combine(row_taps, taps, logits)
                at = slice(lines.start, lines.stop), slice(places.start, places.stop)
                labels[at] = self._labels(tile).cpu().numpy()
                if self.wanted:
                    probabilities[(slice(None), *at)] = self._probabilities(tile)
        return Result(labels, probabilities, valid)

    def _labels(self, tile: Tensor) -> Tensor:
        if self.threshold is None:
            return tile.max(dim=2).indices  # of equals the first, as in Prediction
        return (tile.sigmoid() > self.threshold).squeeze(2).long()

    def _probabilities(self, tile: Tensor) -> np.ndarray:
        if self.threshold is None:
            chances = tile.softmax(2)
        else:
            one = tile.sigmoid()
            chances = torch.cat((1 - one, one), 2)
        return chances[..., self.wanted].permute(2, 0, 1).cpu().numpy()

    def _nothing(self, valid: np.ndarray) -> Result:
        labels = np.zeros(valid.shape, np.int64)
        probabilities = np.zeros((len(self.wanted), *valid.shape), np.float32)
        return Result(labels, probabilities, valid)
