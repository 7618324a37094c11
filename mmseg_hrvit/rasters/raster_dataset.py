"""A data set of rasters that are read in crops."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from mmengine.registry import DATASETS

from mmseg_hrvit.datasets import StoredClassesDataset
from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import InputError

from .label_raster import read_labels
from .load_raster import map_labels
from .reading import Raster

TRIES = 10  # to find a crop with enough labels


@DATASETS.register_module()
class RasterDataset(StoredClassesDataset):
    """Rasters of any size with their label rasters; each sample is a crop.

    ``LoadRaster`` reads only the crop, so you need not cut rasters into tiles, and they
    need not fit into memory. A raster has as many samples as it takes crops side by
    side to cover it, so large rasters are drawn more often than small ones.

    Args:
        pairs (Sequence[Sequence[str]]): Pairs of a raster and its label raster, below
            ``data_root``; or pairs of a folder of rasters and a folder of label rasters
            that have the same names except for the suffix.
        crop_size (Sequence[int], optional): Height and width of a crop. Defaults to
            None: reads whole rasters.
        random_crops (bool): True draws a new random position for each crop, for
            training. False takes crops side by side, of which the last ones are
            smaller, and reads every pixel once. Defaults to False.
        min_labelled (float): A random crop is drawn again, at most ten times, if a
            smaller share of it is labelled. Defaults to 0.0.
        img_suffix (str): Suffix of the rasters in a folder. Defaults to '.tif'.
        seg_map_suffix (str): Suffix of the label rasters. Defaults to '.tif'.
        kwargs: All other arguments of ``StoredClassesDataset``, such as
            ``metainfo``, ``data_root``, ``reduce_zero_label`` and ``pipeline``.

    Raises:
        InputError: If the arguments do not fit together, or a folder has no rasters.
        DataError: If a raster cannot be opened.
    """

    def __init__(
        self,
        pairs: Sequence[Sequence[str]],
        crop_size: Sequence[int] | None = None,
        random_crops: bool = False,
        min_labelled: float = 0.0,
        img_suffix: str = '.tif',
        seg_map_suffix: str = '.tif',
        **kwargs,
    ) -> None:
        if random_crops and crop_size is None:
            raise InputError('RasterDataset: random_crops needs a crop_size')
        if not all(len(pair) == 2 and not isinstance(pair, str) for pair in pairs):
            raise InputError(
                f'RasterDataset: pairs={pairs!r}: give pairs of a raster and its labels'
            )
        self.pairs = pairs
        self.crop_size = crop_size
        self.random_crops = random_crops
        self.min_labelled = min_labelled
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Lists the crops of all rasters."""
        if not self.pairs:
            raise InputError(
                'RasterDataset has no pairs: name rasters and their labels'
            )
        return [
            dict(
                img_path=str(image),
                seg_map_path=str(labels),
                size=size,
                window=window,
                label_map=self.label_map,
                reduce_zero_label=self.reduce_zero_label,
                seg_fields=[],
            )
            for image, labels in self._files()
            for size in [read_size(image)]
            for window in cut(size, self.crop_size or size)
        ]

    @property
    def image_folders(self) -> list[str]:
        """The folders of rasters in ``pairs``."""
        return [str(image) for image, _ in self._paths() if image.is_dir()]

    @property
    def label_folders(self) -> list[str]:
        """The folders of label rasters in ``pairs``."""
        return [str(labels) for image, labels in self._paths() if image.is_dir()]

    def get_data_info(self, idx: int) -> dict:
        """Returns the record of a sample; for random crops, with a new position."""
        info = super().get_data_info(idx)
        if not self.random_crops:
            return info
        for _ in range(TRIES if self.min_labelled else 1):
            info['window'] = draw_window(info['size'], self.crop_size)
            if self._labelled(info) >= self.min_labelled:
                break
        return info

    def _labelled(self, info: dict) -> float:
        if not self.min_labelled:
            return 1.0
        with Raster(info['seg_map_path']) as raster:
            labels = read_labels(raster, *(range(*x) for x in info['window']))
        labels = map_labels(labels, labels != IGNORED, info)
        return (labels != IGNORED).mean()

    def _paths(self) -> list[tuple[Path, Path]]:
        root = Path(self.data_root or '')
        return [(root / image, root / labels) for image, labels in self.pairs]

    def _files(self) -> Iterator[tuple[Path, Path]]:
        for image, labels in self._paths():
            if not image.is_dir():
                yield image, labels
                continue
            found = sorted(image.rglob(f'*{self.img_suffix}'))
            if not found:
                raise InputError(
                    f'no raster *{self.img_suffix} in {image.absolute()}: set pairs or '
                    'img_suffix'
                )
            for path in found:
                name = path.relative_to(image).as_posix()
                name = name.removesuffix(self.img_suffix) + self.seg_map_suffix
                yield path, labels / name


def read_size(path: Path) -> tuple[int, int]:
    """Returns height and width of a raster."""
    with Raster(path) as raster:
        return raster.size


def cut(size: Sequence[int], crop_size: Sequence[int]) -> list:
    """Cuts a raster into crops side by side.

    Args:
        size (Sequence[int]): Height and width of the raster.
        crop_size (Sequence[int]): Height and width of a crop.

    Returns:
        list: For each crop ((top, bottom), (left, right)).
    """
    rows, cols = (
        [(start, min(start + part, pixels)) for start in range(0, pixels, part)]
        for pixels, part in zip(size, crop_size, strict=True)
    )
    return [(row, col) for row in rows for col in cols]


def draw_window(size: Sequence[int], crop_size: Sequence[int]) -> tuple:
    """Draws a random crop with NumPy's random state; in the form of ``cut``."""
    window = []
    for pixels, part in zip(size, crop_size, strict=True):
        start = np.random.randint(max(pixels - part, 0) + 1)
        window.append((start, min(start + part, pixels)))
    return tuple(window)
