"""What is in the label maps of a data set: in all of them, or in those read in time."""

import copy
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmcv.transforms import LoadAnnotations, LoadImageFromFile
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import LoadAnnotations as LoadLabelMap
from mmseg.datasets.transforms import PackSegInputs
from PIL import Image

from mmseg_hrvit.errors import DataError

from .check_annotations import CheckAnnotations
from .check_labels import IGNORED, check_labels
from .checked_pipeline import choose_checks, run
from .folders import list_files
from .image_files import IMAGE_SUFFIXES, find_hidden_turn, read_checked

VALUES = 256
META = ('img_path', 'seg_map_path', 'reduce_zero_label')
# Where transforms are from that change what no number of a label map means.
KNOWN = ('mmcv.', 'mmseg.', 'mmengine.', 'mmseg_hrvit.')
Colour = tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    """What is known of one pair of image and label map.

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
    bands: object = None


@dataclass(frozen=True)
class Survey:
    """What is in a data set.

    Args:
        classes (Sequence[str]): Names of the classes.
        palette (Sequence[Sequence[int]]): An RGB colour for each.
        first (int): Value of the first class in the files: 1 if 0 is not a class.
        is_subset (bool): Whether label maps have classes that are ignored on purpose.
        total (int): Images that the data set names.
        samples (int): Those that were read.
        pixels (np.ndarray): (classes,), pixels of every class.
        images (np.ndarray): (classes,), images in which it occurs.
        ignored (int): Pixels that are not a class.
        values (np.ndarray): (256,), pixels of every value in the files.
        masks (int): Label maps that have 0 and 255 and nothing else, if no other label
            map has 255; else 0.
        brightest (int, optional): Highest value of all images; None: none was read.
        sizes (Counter): Images of every (height, width).
        colours (dict[int, set[Colour]]): Colours of every value in the palettes.
        turns (Sequence[str]): What is uncertain about the orientation of images.
        unread (Sequence[str]): Images in the folders that the data set does not name.
        faults (Sequence[str]): What is wrong, each with its path.
        repeated (Sequence[str]): Names that occur several times in a file of names.
        paths (Sequence[str]): All images that the data set names. Defaults to ():
            they are crops of others.
        hidden (set[int]): Values that mean no data in label rasters.
        notes (Sequence[str]): What else looks wrong about the files.
        bands (Sequence): ``BandValues`` of every raster crop.
    """

    classes: Sequence[str]
    palette: Sequence[Sequence[int]]
    first: int
    is_subset: bool
    total: int
    samples: int
    pixels: np.ndarray
    images: np.ndarray
    ignored: int
    values: np.ndarray
    masks: int
    brightest: int | None
    sizes: Counter
    colours: dict[int, set[Colour]]
    turns: Sequence[str]
    unread: Sequence[str]
    faults: Sequence[str]
    repeated: Sequence[str] = ()
    paths: Sequence[str] = ()
    hidden: set[int] = field(default_factory=set)
    notes: Sequence[str] = ()
    bands: Sequence = ()

    @property
    def is_whole(self) -> bool:
        """Whether every image was read."""
        return self.samples == self.total


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
            values, pixels = self.count(record, size)
        except DataError as error:
            return Sample(size=size, fault=str(error))
        return Sample(
            size=size,
            values=values,
            pixels=pixels,
            brightest=brightest,
            colours=read_colours(record['seg_map_path'], values),
            turn=find_hidden_turn(record['img_path']),
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
    ) -> tuple[np.ndarray, np.ndarray]:
        """Counts the pixels of a label map.

        Args:
            record (dict): The data set's record of it.
            size (tuple[int, int]): Height and width of its image.

        Returns:
            tuple[np.ndarray, np.ndarray]: (256,) each: by the values in the file, and
            by the labels that training sees.

        Raises:
            DataError: If it has another size, or values that are not a class.
        """
        if self.is_plain:
            values = count_bytes(self.load(record, size, as_stored=True))
            pixels = np.bincount(relabelling(record), values, VALUES).astype(np.int64)
        else:
            values = pixels = count_bytes(self.load(record, size, as_stored=False))
        if pixels[self.num_classes :].any():
            data = PackSegInputs(META)(
                dict(record, gt_seg_map=self.load(record, size, as_stored=False))
            )
            check_labels(data['data_samples'], self.num_classes, self.ignored)
        return values, pixels

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
    pipeline = dataset.pipeline
    number = getattr(pipeline, 'num_classes', None) or len(dataset.metainfo['classes'])
    return number, {*getattr(pipeline, 'ignored', [dataset.ignore_index])}


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


def find_foreign(dataset: BaseSegDataset) -> list[str]:
    """Names the transforms in a pipeline that the user wrote.

    Their effect on label maps is not known, so the numbers in files say nothing.
    """
    names = [type(transform) for transform in dataset.pipeline.transforms]
    return [cls.__name__ for cls in names if not cls.__module__.startswith(KNOWN)]


def read_labels_only(dataset: BaseSegDataset) -> PairReader:
    """Makes a reader that decodes no images."""
    return PairReader(dataset, with_images=False)


def survey_parts(
    parts: Sequence[BaseSegDataset],
    seconds: float,
    make_reader: Callable[[BaseSegDataset], PairReader] = read_labels_only,
) -> Survey | None:
    """Reads label maps in random order, until the time is over.

    Args:
        parts (Sequence[BaseSegDataset]): Data sets with the same classes.
        seconds (float): The time.
        make_reader (Callable[[BaseSegDataset], PairReader]): Makes the reader of each.
            By default one of images and label maps.

    Returns:
        Survey | None: What is in them; None if they have no label maps, or have
        transforms that the user wrote.
    """
    readers = [make_reader(part) for part in parts]
    has_labels = all(reader.label_loaders for reader in readers)
    if not parts or not has_labels or any(map(find_foreign, parts)):
        return None
    places = [(k, i) for k, part in enumerate(parts) for i in range(len(part))]
    order = np.random.default_rng(0).permutation(len(places)).tolist()
    end, samples = time.monotonic() + seconds, []
    for place in order:
        k, i = places[place]
        samples.append(readers[k](parts[k].get_data_info(i)))
        if time.monotonic() > end:
            break
    # Crops of one raster may be in several splits, and drawing one may read labels.
    whole = [part for k, part in enumerate(parts) if isinstance(readers[k], PairReader)]
    paths = [
        part.get_data_info(i)['img_path'] for part in whole for i in range(len(part))
    ]
    return summarize(parts, samples, readers[0].ignored, len(places), paths=paths)


def find_unread(dataset: BaseSegDataset) -> list[str]:
    """Finds images in a data set's folder that it ignores because of their suffix.

    Args:
        dataset (BaseSegDataset): The data set.

    Returns:
        list[str]: Their paths. Empty if a file lists the names, or if the label maps
        are in the folder of the images.
    """
    if dataset.ann_file:
        return []
    read = dataset.img_suffix, dataset.seg_map_suffix
    is_paired = hasattr(dataset, 'image_folders')  # as RasterDataset
    folders = dataset.image_folders if is_paired else [dataset.data_prefix['img_path']]
    return [
        path
        for folder in folders
        for path in list_files(folder)
        if path.lower().endswith(IMAGE_SUFFIXES) and not path.endswith(read)
    ]


def find_repeated(dataset: BaseSegDataset) -> list[str]:
    """Finds names that occur several times in the file that lists them."""
    if not dataset.ann_file or not Path(dataset.ann_file).is_file():
        return []
    lines = Path(dataset.ann_file).read_text('utf-8', 'replace').split('\n')
    counts = Counter(line.strip() for line in lines)
    return [name for name, count in counts.items() if name and count > 1]


def count_masks(samples: Sequence[Sample]) -> int:
    """Counts label maps that look like 0/255 masks; see ``Survey``."""
    found = [set(np.flatnonzero(s.values)) for s in samples if s.values is not None]
    white = [values for values in found if IGNORED in values]
    return len(white) if all(values == {0, IGNORED} for values in white) else 0


def summarize(
    parts: Sequence[BaseSegDataset],
    samples: Sequence[Sample],
    ignored: Collection[int],
    total: int,
    faults: Iterable[str] = (),
    paths: Sequence[str] = (),
) -> Survey:
    """Adds up the counts of the samples.

    Args:
        parts (Sequence[BaseSegDataset]): The data sets, with the same classes.
        samples (Sequence[Sample]): The samples.
        ignored (Collection[int]): Labels that are ignored.
        total (int): Number of all samples.
        faults (Iterable[str]): What else is wrong. Defaults to ().
        paths (Sequence[str]): All images. Defaults to ().

    Returns:
        Survey: The sums.
    """
    metainfo = parts[0].metainfo
    classes = list(metainfo['classes'])
    palette = [list(colour) for colour in metainfo['palette']]
    if find_labels(parts[0])[0] > len(classes):  # of a network with one channel
        classes, palette = ['no ' + classes[0], *classes], [[0, 0, 0], *palette]
    values, pixels, images = np.zeros((3, VALUES), np.int64)
    colours = defaultdict(set)
    for sample in samples:
        if sample.pixels is not None:
            values += sample.values
            pixels += sample.pixels
            images += sample.pixels > 0
        for value, colour in sample.colours.items():
            colours[value].add(colour)
    brightness = [s.brightest for s in samples if s.brightest is not None]
    return Survey(
        classes=classes,
        palette=palette,
        first=int(parts[0].reduce_zero_label),
        is_subset=IGNORED in (parts[0].label_map or {}).values(),
        total=total,
        samples=len(samples),
        pixels=pixels[: len(classes)],
        images=images[: len(classes)],
        ignored=int(sum(pixels[label] for label in ignored if 0 <= label < VALUES)),
        values=values,
        masks=count_masks(samples),
        brightest=max(brightness, default=None),
        sizes=Counter(sample.size for sample in samples if sample.size),
        colours=colours,
        turns=[sample.turn for sample in samples if sample.turn],
        unread=[path for part in parts for path in find_unread(part)],
        faults=[*(sample.fault for sample in samples if sample.fault), *faults],
        repeated=[name for part in parts for name in find_repeated(part)],
        paths=paths,
        hidden={sample.hidden for sample in samples if sample.hidden is not None},
        notes=[*dict.fromkeys(note for sample in samples for note in sample.notes)],
        bands=[sample.bands for sample in samples if sample.bands],
    )
