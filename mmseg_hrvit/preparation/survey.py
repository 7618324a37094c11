"""Reading a whole data set as training does, and counting what is in it."""

from collections.abc import Sequence

from mmengine.config import Config
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.configs import innermost
from mmseg_hrvit.datasets.checked_pipeline import UnusableSamples, add_checks
from mmseg_hrvit.datasets.folders import list_files
from mmseg_hrvit.datasets.label_survey import Survey, summarize
from mmseg_hrvit.datasets.metainfo import build_lazily
from mmseg_hrvit.engine.preflight import (
    check_folders,
    check_order,
    list_samples,
)
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import HEADS, ignored_label
from mmseg_hrvit.rasters import RasterDataset
from mmseg_hrvit.rasters.raster_reader import RasterReader, make_reader

from .parallel import map_parallel


def survey(cfg: Config, split: str, workers: int) -> Survey:
    """Reads every file of a data set.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.
        workers (int): Processes.

    Returns:
        Survey: What is in it.

    Raises:
        InputError: If the config has no such data set, or its folders or images do not
            exist.
    """
    parts = [*build_parts(cfg, split).values()]
    samples, faults, paths = [], [], []
    for part in parts:
        records = list_samples(part, f'{split}_dataloader.dataset')
        if not records:
            raise InputError(
                f'{split}: no image *{part.img_suffix} in '
                f'{part.data_prefix["img_path"]}: check the folder and img_suffix'
            )
        read = make_reader(part)
        samples += map_parallel(read, records, workers, f'reading {split}')
        faults += find_spare_labels(part, records)
        if not isinstance(read, RasterReader):
            paths += [record['img_path'] for record in records]
    return summarize(parts, samples, read.ignored, len(samples), faults, paths)


def check_splits(cfg: Config, splits: Sequence[str]) -> None:
    """Refuses data sets that have the same classes in different orders, as training.

    Args:
        cfg (Config): The config.
        splits (Sequence[str]): 'train', 'val' or 'test'.

    Raises:
        InputError: If the order differs, or as ``survey``.
    """
    parts = {k: v for split in splits for k, v in build_parts(cfg, split).items()}
    check_order({key: part.metainfo['classes'] for key, part in parts.items()})


def build_parts(cfg: Config, split: str) -> dict[str, BaseSegDataset]:
    """Builds the data sets of a split, without wrappers, before they list files.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.

    Returns:
        dict[str, BaseSegDataset]: The data sets, which check labels as training does,
        by their keys in the config; one unless they are concatenated.

    Raises:
        InputError: If there is none, it has another type, or folders are missing.
    """
    key = f'{split}_dataloader'
    if not cfg.get(key):
        raise InputError(f'the config has no {key}: choose another --split')
    parts = {}
    ignored = read_ignored(cfg)
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        for part_key, part in innermost(cfg[key]['dataset'], f'{key}.dataset'):
            check_folders(part, part_key)
            built = build_lazily(part, part_key, registry, pipeline=True)
            has_classes = built.metainfo.get('classes')
            if not (isinstance(built, BaseSegDataset) and has_classes):
                raise InputError(
                    f'{part_key} is not a data set of mmseg that names its classes: '
                    'set type and metainfo'
                )
            add_checks(built, UnusableSamples(0, 0.0), ignored)
            parts[part_key] = built
    return parts


def find_spare_labels(dataset: BaseSegDataset, records: Sequence[dict]) -> list[str]:
    """Finds label maps without an image; none if a file lists the names.

    Args:
        dataset (BaseSegDataset): The data set.
        records (Sequence[dict]): Its samples.

    Returns:
        list[str]: What is wrong, one line for each.
    """
    if isinstance(dataset, RasterDataset):
        folders = dataset.label_folders
    else:
        folders = [dataset.data_prefix.get('seg_map_path')]
    if dataset.ann_file or not all(folders):
        return []
    known = {record['seg_map_path'] for record in records}
    return [
        f'label map {path} has no image: add it, or remove the file'
        for folder in folders
        for path in list_files(folder)
        if path.endswith(dataset.seg_map_suffix) and path not in known
    ]


def read_ignored(cfg: Config) -> set[int]:
    """Reads which labels the heads of a config, if it has some, ignore."""
    heads = (cfg.get('model', {}).get(name) for name in HEADS)
    parts = [p for head in heads for p in (head if isinstance(head, list) else [head])]
    return {ignored_label(part) for part in parts if part}
