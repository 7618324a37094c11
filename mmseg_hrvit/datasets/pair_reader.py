"""Reading pairs of image and label map as training does, and counting their pixels."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmcv.transforms import LoadAnnotations, LoadImageFromFile
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import LoadAnnotations as LoadLabelMap
from mmseg.datasets.transforms import PackSegInputs
from PIL import Image

from mmseg_hrvit.errors import DataError

from .borders import VALUES, Borders, count_borders
from .check_annotations import CheckAnnotations
from .check_labels import IGNORED, check_labels
from .checked_pipeline import choose_checks, run
from .image_files import find_hidden_turn, read_checked

META = ('img_path', 'seg_map_path', 'reduce_zero_label')
Colour = tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    """What the survey knows about one pair of image and label map.

    Args:
        size (tuple[int, int], optional): Height and width; None: unreadable.
        values (np.ndarray, optional): (256,), pixels of every value that the file
            has; None: nothing to count.
        pixels (np.ndarray, optional): (256,), pixels of every label as training
            sees it.
        brightest (int, optional): Highest value of the image; None: not read.
        colours (dict[int, Colour]): Colours of the values in it, if the file has a
            palette.
        turn (str, optional): What is uncertain about its orientation.
        fault (str, optional): What is wrong, with the path.
        hidden (int, optional): The value that means no data in a label raster.
        notes (Sequence[str]): What else looks wrong about the files. Defaults to ().
        borders (Borders, optional): How labels differ between neighbours.
        bands (object, optional): ``BandValues`` of a raster.
    """

    size: tuple[int, int] | None = None
    values: np.ndarray | None = None
    pixels: np.ndarray | None = None
    brightest: int | None = None
    colours: dict[int, Colour] = field(default_factory=dict)
    turn: str | None = None
    fault: str | None = None
    hidden: int | None = None
    notes: Sequence[str] = ()
    borders: Borders | None = None
    bands: object = None


class PairReader:
    """Reads pairs as the pipeline of their data set does, and counts their pixels.

    Args:
        dataset (BaseSegDataset): The data set.
        with_images (bool): Whether images are decoded, or only their headers are read.
            Defaults to True.
    """

    def __init__(self, dataset: BaseSegDataset, with_images: bool = True) -> None:
        transforms = dataset.pipeline.transforms
        self.checks = choose_checks(transforms)
        self.image_loaders = [
            t for t in transforms if isinstance(t, LoadImageFromFile) and with_images
        ]
        self.label_loaders = [t for t in transforms if isinstance(t, LoadAnnotations)]
        self.is_plain = all(type(t) is LoadLabelMap for t in self.label_loaders)
        self.num_classes, self.ignored = find_labels(dataset)

    def __call__(self, record: dict) -> Sample:
        """Reads an image and its label map.

        Args:
            record (dict): The data set's record of them.

        Returns:
            Sample: What is in them.
        """
        size = brightest = None
        try:
            self.check_files(record)
            for loader in self.image_loaders:
                data = run(loader, dict(record))
                size, brightest = data['ori_shape'], int(data['img'].max())
            size = size or read_size(record['img_path'])
            values, pixels, borders = self.count(record, size)
        except DataError as error:
            return Sample(size=size, fault=str(error))
        return Sample(
            size=size,
            values=values,
            pixels=pixels,
            brightest=brightest,
            colours=read_colours(record['seg_map_path'], values),
            turn=find_hidden_turn(record['img_path']),
            borders=borders,
        )

    def check_files(self, record: dict) -> None:
        """Refuses files that are missing, broken, or would be misread."""
        for key, what in (('img_path', 'image'), ('seg_map_path', 'label map')):
            path = record.get(key)
            if path is None:
                raise DataError(f'image {record["img_path"]} has no label map: add it')
            if not Path(path).is_file():
                raise DataError(
                    f'{what} {path} is missing: add it, or remove its partner'
                )
            self.checks[key](path)

    def count(
        self, record: dict, size: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray, Borders]:
        """Counts the pixels of a label map.

        Args:
            record (dict): The data set's record of it.
            size (tuple[int, int]): Height and width of its image.

        Returns:
            tuple[np.ndarray, np.ndarray, Borders]: By the values in the file and by the
            labels that training sees, (256,) each; and its borders.

        Raises:
            DataError: If it has another size, or values that are not a class.
        """
        labels = self.load(record, size, as_stored=self.is_plain)
        values = pixels = count_bytes(labels)
        if self.is_plain:
            pixels = np.bincount(relabelling(record), values, VALUES).astype(np.int64)
        if pixels[self.num_classes :].any():
            data = PackSegInputs(META)(
                dict(record, gt_seg_map=self.load(record, size, as_stored=False))
            )
            check_labels(data['data_samples'], self.num_classes, self.ignored)
        return values, pixels, count_borders(labels)

    def load(self, record: dict, size: tuple[int, int], as_stored: bool) -> np.ndarray:
        """Loads a label map with the pipeline's own loaders.

        Args:
            record (dict): The data set's record of it.
            size (tuple[int, int]): Height and width of its image.
            as_stored (bool): With the values that the file has.

        Returns:
            np.ndarray: (height, width), 8 bits.

        Raises:
            DataError: If it cannot be read, or has another size.
        """
        data = dict(record, seg_fields=[], ori_shape=size)
        if as_stored:
            data.update(reduce_zero_label=False, label_map=None)
        for loader in self.label_loaders:
            loader = copy.copy(loader)
            if as_stored:
                loader.reduce_zero_label = None  # then it takes the record's
            data = run(loader, data)
        return CheckAnnotations()(data)['gt_seg_map']


def find_labels(dataset: BaseSegDataset) -> tuple[int, set[int]]:
    """Returns how many classes label maps may have, and which labels are ignored."""
    ignored = getattr(dataset.pipeline, 'ignored', [dataset.ignore_index])
    return len(dataset.metainfo['classes']), {*ignored}


def read_size(path: str) -> tuple[int, int]:
    """Returns the height and width of an image, as it is shown."""
    header = read_checked(path)
    if header is None:
        raise DataError(f'{path} cannot be read as an image: write it as PNG or JPEG')
    return header.shown_size


def count_bytes(labels: np.ndarray) -> np.ndarray:
    """Counts the pixels of every value, (256,)."""
    return np.bincount(labels.ravel(), minlength=VALUES)


def relabelling(record: dict) -> np.ndarray:
    """Returns to which label mmseg's loader maps every value, (256,)."""
    labels = np.arange(VALUES)
    if record.get('reduce_zero_label'):
        labels = np.where((labels == 0) | (labels == IGNORED), IGNORED, labels - 1)
    changed = record.get('label_map') or {}
    return np.array([changed.get(label, label) for label in labels.tolist()])


def read_colours(path: str, values: np.ndarray) -> dict[int, Colour]:
    """Reads which colours a file's palette gives to the values in it.

    Args:
        path (str): A label map.
        values (np.ndarray): (256,), pixels of every value.

    Returns:
        dict[int, Colour]: RGB by value; empty if there is no palette.
    """
    with Image.open(path) as image:
        palette = image.getpalette('RGB') if image.mode == 'P' else None
    colours = zip(*[iter(palette or [])] * 3, strict=False)
    return {value: colour for value, colour in enumerate(colours) if values[value]}
