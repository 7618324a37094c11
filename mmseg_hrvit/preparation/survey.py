"""Reading a whole data set as training does, and counting what is in it."""

from collections.abc import Sequence

from mmengine.config import Config
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.datasets.folders import list_files
from mmseg_hrvit.datasets.label_survey import PairReader, Survey, summarize
from mmseg_hrvit.datasets.metainfo import build_lazily
from mmseg_hrvit.engine.preflight import check_folders, innermost, list_samples
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import HEADS, ignored_label
from mmseg_hrvit.rasters.raster_reader import RasterReader, has_rasters

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
    parts = build_parts(cfg, split)
    samples, faults = [], []
    ignored = find_ignored(cfg)
    for part in parts:
        records = list_samples(part, f'{split}_dataloader.dataset')
        if not records:
            raise InputError(
                f'{split}: no image *{part.img_suffix} in '
                f'{part.data_prefix["img_path"]}: check the folder and img_suffix'
            )
        is_raster = has_rasters(part)
        read = (RasterReader if is_raster else PairReader)(part, ignored=ignored)
        samples += map_parallel(read, records, workers, f'reading {split}')
        faults += [] if is_raster else find_spare_labels(part, records)
    return summarize(parts, samples, read.ignored, len(samples), faults)


def build_parts(cfg: Config, split: str) -> list[BaseSegDataset]:
    """Builds the data sets of a split, without wrappers, before they list files.

    Args:
        cfg (Config): The config.
        split (str): 'train', 'val' or 'test'.

    Returns:
        list[BaseSegDataset]: The data sets; one unless they are concatenated.

    Raises:
        InputError: If there is none, it has another type, or folders are missing.
    """
    key = f'{split}_dataloader'
    if not cfg.get(key):
        raise InputError(f'the config has no {key}: choose another --split')
    parts = []
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        for part_key, part in innermost(cfg[key]['dataset'], f'{key}.dataset'):
            check_folders(part, part_key)
            parts.append(build_lazily(part, part_key, registry, pipeline=True))
            has_classes = parts[-1].metainfo.get('classes')
            if not (isinstance(parts[-1], BaseSegDataset) and has_classes):
                raise InputError(
                    f'{part_key} is not a data set of mmseg that names its classes: '
                    'set type and metainfo'
                )
    return parts


def find_spare_labels(dataset: BaseSegDataset, records: Sequence[dict]) -> list[str]:
    """Finds label maps without an image; none if a file lists the names.

    Args:
        dataset (BaseSegDataset): The data set.
        records (Sequence[dict]): Its samples.

    Returns:
        list[str]: What is wrong, one line for each.
    """
    if dataset.ann_file or not dataset.data_prefix.get('seg_map_path'):
        return []
    known = {record['seg_map_path'] for record in records}
    return [
        f'label map {path} has no image: add it, or remove the file'
        for path in list_files(dataset.data_prefix['seg_map_path'])
        if path.endswith(dataset.seg_map_suffix) and path not in known
    ]


def find_ignored(cfg: Config) -> set[int]:
    """Returns which labels the heads of a config ignore; none if it has no heads."""
    heads = (cfg.get('model', {}).get(name) for name in HEADS)
    parts = [p for head in heads for p in (head if isinstance(head, list) else [head])]
    return {ignored_label(part) for part in parts if part}
