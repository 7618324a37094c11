"""Reading a whole data set as training will, and counting what is in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from mmcv.transforms import BaseTransform, LoadAnnotations, LoadImageFromFile
from mmengine.config import Config
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import PackSegInputs
from PIL import Image

from mmseg_hrvit.datasets.check_annotations import CheckAnnotations
from mmseg_hrvit.datasets.check_labels import IGNORED, check_labels
from mmseg_hrvit.datasets.checked_pipeline import run
from mmseg_hrvit.datasets.image_files import check_image_file
from mmseg_hrvit.engine.preflight import check_folders, innermost
from mmseg_hrvit.errors import DataError, InputError

from .parallel import map_parallel

# What an image file of one byte a pixel may be: grey, indices of a palette, bits.
LABEL_MODES = ('L', 'P', '1')


@dataclass(frozen=True)
class Sample:
    """What is known of one pair of image and label map.

    Args:
        size (tuple[int, int], optional): Height and width; None: unreadable.
        pixels (np.ndarray, optional): (256,), pixels of every label as training
            sees it; None: nothing to count.
        fault (str, optional): What is wrong, with the path.
    """

    size: tuple[int, int] | None = None
    pixels: np.ndarray | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Survey:
    """What is in a data set.

    Args:
        classes (Sequence[str]): Names of the classes.
        palette (Sequence[Sequence[int]]): An RGB colour for each.
        samples (int): Images that the data set names.
        pixels (np.ndarray): (classes,), pixels of every class.
        images (np.ndarray): (classes,), images in which it occurs.
        ignored (int): Pixels that are no class.
        sizes (Counter): Images of every (height, width).
        faults (Sequence[str]): What is wrong, each with its path.
    """

    classes: Sequence[str]
    palette: Sequence[Sequence[int]]
    samples: int
    pixels: np.ndarray
    images: np.ndarray
    ignored: int
    sizes: Counter
    faults: Sequence[str]


def survey(cfg: Config, split: str, workers: int) -> Survey:
    """Reads every file of a data set.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.
        workers (int): Processes.

    Returns:
        Survey: What is in it.

    Raises:
        InputError: If the config has no such data set, or its folders or images are
            not there.
    """
    parts = build_parts(cfg, split)
    samples, faults = [], []
    for part in parts:
        records = part.load_data_list()
        if not records:
            raise InputError(
                f'{split}: no image *{part.img_suffix} in '
                f'{part.data_prefix["img_path"]}: check the folder and img_suffix'
            )
        loaders = find_loaders(part)
        num_classes = len(part.metainfo['classes'])
        read = partial(read_sample, loaders=loaders, num_classes=num_classes)
        samples += map_parallel(read, records, workers, f'reading {split}')
        faults += find_spare_labels(part, records)
    faults = [sample.fault for sample in samples if sample.fault] + faults
    return summarize(parts[0].metainfo, samples, faults)


def build_parts(cfg: Config, split: str) -> list[BaseSegDataset]:
    """Builds the data sets of a split, without wrappers, files not yet listed.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.

    Returns:
        list[BaseSegDataset]: The data sets; one unless they are concatenated.

    Raises:
        InputError: If there is none, it is of another kind, or folders are missing.
    """
    key = f'{split}_dataloader'
    if not cfg.get(key):
        raise InputError(f'the config has no {key}: choose another --split')
    parts = []
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        for part_key, part in innermost(cfg[key]['dataset'], f'{key}.dataset'):
            check_folders(part, part_key)
            parts.append(registry.build({**part, 'lazy_init': True}))
            has_classes = parts[-1].metainfo.get('classes')
            if not (isinstance(parts[-1], BaseSegDataset) and has_classes):
                raise InputError(
                    f'{part_key} is no data set of mmseg that names its classes: set '
                    'type and metainfo'
                )
    return parts


def find_loaders(dataset: BaseSegDataset) -> list[BaseTransform]:
    """Returns what reads the files in a data set's own pipeline."""
    loaders = [
        transform
        for transform in dataset.pipeline.transforms
        if isinstance(transform, LoadImageFromFile | LoadAnnotations)
    ]
    return [*loaders, CheckAnnotations(), PackSegInputs()]


def read_sample(
    record: dict, loaders: Sequence[BaseTransform], num_classes: int
) -> Sample:
    """Reads an image and its label map whole.

    Args:
        record (dict): What the data set knows of them.
        loaders (Sequence[BaseTransform]): From ``find_loaders``.
        num_classes (int): Number of classes.

    Returns:
        Sample: What is in them.
    """
    size = None
    try:
        check_files(record)
        data = record
        for loader in loaders:
            data = run(loader, data)
            size = data.get('ori_shape', size)
        check_labels(data['data_samples'], num_classes)
    except DataError as error:
        return Sample(size=size, fault=str(error))
    labels = data['data_samples'].gt_sem_seg.data.numpy()
    return Sample(size, np.bincount(labels.ravel(), minlength=256))


def check_files(record: dict) -> None:
    """Refuses files that are missing or broken, and label maps of several bytes.

    Args:
        record (dict): Their paths.

    Raises:
        DataError: At the first fault.
    """
    for key, what in (('img_path', 'image'), ('seg_map_path', 'label map')):
        path = record.get(key)
        if path is None:
            raise DataError(f'image {record["img_path"]} has no label map: add it')
        if not Path(path).is_file():
            raise DataError(f'{what} {path} is missing: add it, or take out its pair')
        check_image_file(path)
    mode = read_mode(path)
    # mmseg would keep the lowest byte of each pixel, and say nothing.
    if mode not in LABEL_MODES:
        raise DataError(
            f'label map {path} is of the mode {mode}: write one byte a pixel, the '
            'number of its class (tools/dataset/convert.py does from colours)'
        )


def read_mode(path: str) -> str:
    """Returns PIL's mode of an image file."""
    try:
        with Image.open(path) as image:
            return image.mode
    except OSError as error:
        raise DataError(f'label map {path} is no image: write it anew') from error


def find_spare_labels(dataset: BaseSegDataset, records: Sequence[dict]) -> list[str]:
    """Finds label maps without an image; where a file lists names, none is spare.

    Args:
        dataset (BaseSegDataset): The data set.
        records (Sequence[dict]): Its samples.

    Returns:
        list[str]: What is wrong, a line for each.
    """
    if dataset.ann_file or not dataset.data_prefix.get('seg_map_path'):
        return []
    known = {record['seg_map_path'] for record in records}
    folder = Path(dataset.data_prefix['seg_map_path'])
    found = sorted(folder.rglob(f'*{dataset.seg_map_suffix}'))
    return [
        f'label map {path} has no image: add it, or take the file out'
        for path in map(str, found)
        if path not in known
    ]


def summarize(
    metainfo: dict, samples: Sequence[Sample], faults: Sequence[str]
) -> Survey:
    """Adds up what is known of the samples.

    Args:
        metainfo (dict): 'classes' and 'palette' of the data set.
        samples (Sequence[Sample]): The samples.
        faults (Sequence[str]): All that is wrong.

    Returns:
        Survey: The sums.
    """
    count = len(metainfo['classes'])
    pixels, images = np.zeros((2, 256), np.int64)
    for sample in samples:
        if sample.pixels is not None:
            pixels += sample.pixels
            images += sample.pixels > 0
    return Survey(
        classes=list(metainfo['classes']),
        palette=[list(colour) for colour in metainfo['palette']],
        samples=len(samples),
        pixels=pixels[:count],
        images=images[:count],
        ignored=int(pixels[IGNORED]),
        sizes=Counter(sample.size for sample in samples if sample.size),
        faults=list(faults),
    )
