"""Segmenting a raster of any size into a GeoTIFF."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.dist import all_gather_object, barrier

from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.export import Metadata
from mmseg_hrvit.files import check_output
from mmseg_hrvit.models import TiledEncoderDecoder
from mmseg_hrvit.models.segmentors.prediction import split

from .geotiff import (
    LEVELS,
    check_suffix,
    label_nodata,
    label_type,
    read_plan,
    write_labels,
    write_probabilities,
)
from .grid import STRIP_TILES, TILE, Part, lay_windows
from .part_store import PartStore
from .picture import Picture
from .reading import Raster
from .strips import Result, StripPredictor

COLOURS = 3  # bands of a picture


@dataclass(frozen=True)
class Options:
    """Options for segmenting a raster.

    Args:
        bands (Sequence[int], optional): Numbers of the bands, in the order of the
            config; for a network for RGB images, those of red, green and blue. By
            default those of ``LoadRaster`` in the config, or 1, 2, 3.
        window_size (Sequence[int], optional): Height and width of windows. By default
            the config's.
        stride (Sequence[int], optional): Distance from one window to the next. By
            default that of the config, or three quarters of ``window_size``.
        probabilities (Sequence[str]): Classes whose probabilities are written. Defaults
            to none.
    """

    bands: Sequence[int] | None = None
    window_size: Sequence[int] | None = None
    stride: Sequence[int] | None = None
    probabilities: Sequence[str] = ()


class RasterSegmentation:
    """A raster that is segmented into a file, by one process or several.

    It keeps finished parts. If it is started again, it continues after the last
    complete part, and the file is the same byte for byte.

    Args:
        segmentor (TiledEncoderDecoder): The network, in evaluation mode, or an exported
            file instead.
        metadata (Metadata): Its classes, bands and windows.
        source (str | Path): The raster.
        out (Path): The GeoTIFF that is written.
        options (Options): How.
        network (str): Identifies the weights of the network, such as a hash.

    Raises:
        InputError: If the options do not fit the network or the raster, or ``out``
            exists and is from another run, or does not end in .tif or .tiff.
        DataError: If the raster cannot be read.
    """

    def __init__(
        self,
        segmentor: TiledEncoderDecoder,
        metadata: Metadata,
        source: str | Path,
        out: Path,
        options: Options,
        network: str,
    ) -> None:
        check_suffix(out)
        self.metadata = metadata
        self.out = out
        self.options = options
        self.wanted = find_classes(options.probabilities, metadata)
        bands = choose_bands(options.bands, metadata)
        kind = Picture if metadata.bands is None else Raster
        self.raster = kind(source, bands, metadata.fill)
        for path in [out, *([probabilities_path(out)] if self.wanted else [])]:
            check_output(path, self.raster.file.files)
        self.grid = lay_windows(
            self.raster.size,
            metadata.test_cfg,
            metadata.align_corners,
            options.window_size,
            options.stride,
        )
        self.predictor = StripPredictor(segmentor, self.raster, self.grid, self.wanted)
        stat = Path(source).stat() if Path(source).is_file() else None
        plan = dict(
            raster=[str(source), *((stat.st_size, stat.st_mtime_ns) if stat else ())],
            network=network,
            bands=bands,
            window=list(self.grid.window_size),
            stride=list(self.grid.stride),
            probabilities=list(options.probabilities),
        )
        text = json.dumps(plan, sort_keys=True)
        self.plan = hashlib.sha256(text.encode()).hexdigest()
        self.store = PartStore(out.with_name(f'{out.name}.parts'), plan)

    @property
    def is_done(self) -> bool:
        """Whether the file exists.

        Raises:
            InputError: If it is from another run.
        """
        if not self.out.exists():
            return False
        if read_plan(self.out) != self.plan:
            raise InputError(
                f'{self.out} exists, but is from another raster, network or windows: '
                'delete it, or give another --out'
            )
        return True

    def run(self, index: int, count: int, advance: Callable[[int, int], None]) -> None:
        """Predicts what is missing, and writes the file.

        Args:
            index (int): Number of this process, from 0. The first one writes the file.
            count (int): Processes. If there are several, torch's process group joins
                them.
            advance (Callable[[int, int], None]): Called with the number of finished
                parts of this process, and of all its parts.

        Raises:
            InputError: If something cannot be written. Finished parts are kept.
            DataError: If the raster cannot be read. Finished parts are kept.
        """
        if not self.is_done:
            if index == 0:
                self.store.begin()
            barrier()
            with shared_errors():
                self._predict(index, count, advance)
            if index == 0:
                self._write()
        if index == 0:
            self.store.delete()

    def _predict(
        self, index: int, count: int, advance: Callable[[int, int], None]
    ) -> None:
        strips = self.grid.share(index, count)
        total = sum(map(len, strips))
        done = 0
        for strip in strips:
            missing = [part for part in strip if not self.store.has(part)]
            done += len(strip) - len(missing)
            advance(done, total)
            for part, result in self.predictor.predict(missing):
                self.store.write(part, **self._arrays(result))
                done += 1
                advance(done, total)

    def _arrays(self, result: Result) -> dict[str, np.ndarray]:
        """Converts predictions to the values that are written."""
        count = len(self.metadata.classes)
        labels = result.labels.astype(label_type(count))
        nodata = label_nodata(self.raster, count)
        if nodata is not None:
            labels[~result.valid] = nodata
        arrays = dict(labels=labels)
        if self.wanted:
            levels = (result.probabilities * LEVELS).round().astype(np.uint8)
            if nodata is not None:
                levels[:, ~result.valid] = 255
            arrays['probabilities'] = levels
        return arrays

    def _write(self) -> None:
        if self.wanted:
            write_probabilities(
                probabilities_path(self.out),
                self.raster,
                self.options.probabilities,
                lambda: self._read('probabilities'),
            )
        # Last, because the file marks the result as complete.
        write_labels(
            self.out,
            self.raster,
            self.metadata,
            lambda: self._read('labels'),
            self.plan,
        )

    def _read(self, name: str) -> Iterator[tuple[Part, np.ndarray]]:
        return ((part, self.store.read(part)[name]) for part in self.grid.parts)


@contextmanager
def shared_errors() -> Iterator[None]:
    """Waits for all processes; an unreadable raster is an error in each of them.

    Raises:
        DataError: The first one that any process has met.
    """
    message = None
    try:
        yield
    except DataError as error:
        message = str(error)
    messages = [told for told in all_gather_object(message) if told is not None]
    if messages:
        raise DataError(messages[0])


def probabilities_path(out: Path) -> Path:
    """Returns the path of the probabilities, beside that of the labels."""
    return out.with_name(f'{out.stem}_probabilities.tif')


def choose_bands(bands: Sequence[int] | None, metadata: Metadata) -> list[int]:
    """Returns which bands of a raster the network takes, in its order.

    Args:
        bands (Sequence[int], optional): As in ``Options``.
        metadata (Metadata): Of the network.

    Returns:
        list[int]: Their numbers. A network for RGB images takes blue first.

    Raises:
        InputError: If it takes another number of them.
    """
    count = len(metadata.mean)
    chosen = list(bands or metadata.bands or range(1, count + 1))
    if len(chosen) != count:
        raise InputError(
            f'--bands {" ".join(map(str, chosen))}: the network takes {count} bands, '
            'give that many'
        )
    is_picture = metadata.bands is None and count == COLOURS
    return chosen[::-1] if is_picture else chosen


def find_classes(names: Sequence[str], metadata: Metadata) -> list[int]:
    """Returns the numbers of classes.

    Raises:
        InputError: If there is no class of that name.
    """
    for name in names:
        if name not in metadata.classes:
            raise InputError(
                f'no class is called {name!r}: choose some of '
                f'{", ".join(metadata.classes)}'
            )
    return [list(metadata.classes).index(name) for name in names]


def count_classes(path: Path, metadata: Metadata) -> dict[str, int]:
    """Counts the pixels of each class in a file of labels, tile by tile.

    Args:
        path (Path): The file.
        metadata (Metadata): The classes.

    Returns:
        dict[str, int]: Pixels by class, in the classes' order.
    """
    counts = np.zeros(len(metadata.classes), np.int64)
    with Raster(path) as raster:
        for rows in split(raster.size[0], TILE):
            for cols in split(raster.size[1], TILE * STRIP_TILES):
                labels, valid = raster.read(rows, cols)
                found = labels[valid].astype(np.int64).ravel()
                counts += np.bincount(found, minlength=len(counts))
    return dict(zip(metadata.classes, counts.tolist(), strict=True))
