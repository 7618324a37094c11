"""Counting what label maps contain: all of a data set, or those read in time."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from mmseg.datasets import BaseSegDataset

from .borders import VALUES, Borders
from .check_labels import IGNORED
from .folders import list_files
from .image_files import IMAGE_SUFFIXES
from .normalization import is_known
from .pair_reader import Colour, PairReader, Sample


@dataclass(frozen=True)
class Survey:
    """The contents of a data set.

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
        borders (Borders, optional): How labels differ between neighbours.
        bands (Sequence): ``BandValues`` of every raster crop.
        transforms (Sequence[type]): Of the pipeline of the first data set.
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
    borders: Borders | None = None
    bands: Sequence = ()
    transforms: Sequence[type] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every image was read."""
        return self.samples == self.total


def has_own_transforms(dataset: BaseSegDataset) -> bool:
    """Whether a pipeline has transforms that the user wrote.

    Their effect on label maps is unknown, so the values in the files prove nothing.
    """
    return not all(is_known(type(t)) for t in dataset.pipeline.transforms)


def survey_parts(
    parts: Sequence[BaseSegDataset],
    seconds: float,
    make_reader: Callable[[BaseSegDataset], PairReader],
) -> Survey | None:
    """Reads label maps in random order, until the time is over.

    Args:
        parts (Sequence[BaseSegDataset]): Data sets with the same classes.
        seconds (float): The time.
        make_reader (Callable[[BaseSegDataset], PairReader]): Makes the reader of each.

    Returns:
        Survey | None: What is in them; None if they have no label maps, or have
        transforms that the user wrote.
    """
    readers = [make_reader(part) for part in parts]
    has_labels = all(reader.label_loaders for reader in readers)
    if not parts or not has_labels or any(map(has_own_transforms, parts)):
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
    values, pixels, images = np.zeros((3, VALUES), np.int64)
    colours = defaultdict(set)
    for sample in samples:
        if sample.pixels is not None:
            values += sample.values
            pixels += sample.pixels
            images += sample.pixels > 0
        for value, colour in sample.colours.items():
            colours[value].add(colour)
    borders = [s.borders for s in samples if s.borders]
    brightness = [s.brightest for s in samples if s.brightest is not None]
    return Survey(
        classes=classes,
        palette=[list(colour) for colour in metainfo['palette']],
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
        borders=reduce(add, borders) if borders else None,
        bands=[sample.bands for sample in samples if sample.bands],
        transforms=[type(t) for t in parts[0].pipeline.transforms],
    )
