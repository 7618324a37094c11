"""Checks of a config before anything is built from it."""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import combinations
from os import path as osp

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.registry import DATASETS, OPTIMIZERS
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.checkpoints.matching import is_reordered
from mmseg_hrvit.configs import innermost, type_name
from mmseg_hrvit.datasets.metainfo import MARK, build_lazily
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import HEADS
from mmseg_hrvit.rasters import check_bands

from .build_errors import no_type
from .ranks import get_rank

BATCH_NORMS = ('BN', 'SyncBN', 'MMSyncBN')
# Heads that average the whole map into one value per channel.
POOLING_HEADS = ('UPerHead', 'PSPHead')
DEEPEST_STRIDE = 32
LEAST = {
    'train_cfg.max_iters': 1,
    'train_cfg.max_epochs': 1,
    'train_cfg.val_interval': 1,
    'train_dataloader.batch_size': 1,
    'train_dataloader.num_workers': 0,
    'val_dataloader.batch_size': 1,
    'val_dataloader.num_workers': 0,
    'test_dataloader.batch_size': 1,
    'test_dataloader.num_workers': 0,
    'default_hooks.logger.interval': 1,
}


def check_config(cfg: Config, splits: Sequence[str]) -> None:
    """Refuses a config that cannot run here.

    Args:
        cfg (Config): The config, complete, with its ``launcher``.
        splits (Sequence[str]): Which of 'train', 'val' and 'test' will run.

    Raises:
        InputError: For the first mistake.
    """
    check_numbers(cfg)
    check_bands(cfg)
    check_gpus(cfg)
    check_tensorboard(cfg)
    if 'train' in splits:
        check_optimizers(cfg)
        check_amp(cfg)
        check_batch_norm(cfg)
    classes = {}
    for split in splits:
        loader = cfg.get(f'{split}_dataloader')
        # A data set or a loader that is an object was built by whoever gave it.
        is_config = isinstance(loader, dict) and isinstance(loader['dataset'], dict)
        # One rank lists the folders, and ends the run for all.
        if is_config and get_rank() == 0:
            key = f'{split}_dataloader.dataset'
            classes |= check_data(loader['dataset'], key, cfg)
    check_order(classes)


def check_numbers(cfg: Config) -> None:
    """Refuses impossible numbers at the keys that users change most."""
    for key, least in LEAST.items():
        node = cfg
        for part in key.split('.'):
            node = node.get(part) if isinstance(node, dict | Config) else None
        is_whole = isinstance(node, int) and not isinstance(node, bool)
        if node is not None and not (is_whole and node >= least):
            raise InputError(f'{key}={node}: give a whole number, {least} or more')


def check_gpus(cfg: Config) -> None:
    """Refuses more processes than GPUs; without GPUs there is no limit."""
    processes = int(os.environ.get('LOCAL_WORLD_SIZE', 1))
    gpus = torch.cuda.device_count()
    if cfg.launcher == 'pytorch' and 0 < gpus < processes:
        raise InputError(
            f'{processes} processes need as many GPUs, but there are only '
            f'{gpus}: start {gpus}'
        )


def check_tensorboard(cfg: Config) -> None:
    """Refuses to log for TensorBoard if it is not installed."""
    backends = cfg.get('visualizer', {}).get('vis_backends') or []
    wanted = any(type_name(x) == 'TensorboardVisBackend' for x in backends)
    if wanted and find_spec('tensorboard') is None:
        raise InputError(
            'the run logs for TensorBoard, which is not installed: `pip install '
            'tensorboard`, or omit --tensorboard'
        )


def optim_wrappers(cfg: Config) -> list[dict]:
    """Returns the config's wrapper of an optimizer, and those inside of it."""
    wrapper = cfg.optim_wrapper
    if not isinstance(wrapper, dict):
        raise InputError(f'optim_wrapper={wrapper}: give a dict')
    return [wrapper, *(part for part in wrapper.values() if isinstance(part, dict))]


def check_optimizers(cfg: Config) -> None:
    """Refuses the name of an optimizer that does not exist."""
    with OPTIMIZERS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        for wrapper in optim_wrappers(cfg):
            optimizer = wrapper.get('optimizer')
            name = optimizer.get('type') if isinstance(optimizer, dict) else None
            if isinstance(name, str) and registry.get(name) is None:
                raise InputError(f'optim_wrapper.optimizer: {no_type(name, registry)}')


def check_amp(cfg: Config) -> None:
    """Refuses mixed precision if there is no GPU."""
    parts = optim_wrappers(cfg)
    is_mixed = any(type_name(part) == 'AmpOptimWrapper' for part in parts)
    if is_mixed and get_device() == 'cpu':
        raise InputError('mixed precision needs a GPU, and there is none: omit --amp')


def check_batch_norm(cfg: Config) -> None:
    """Refuses to train BatchNorm on a single value per channel.

    Args:
        cfg (Config): The config.

    Raises:
        InputError: If a head pools one image to a single value, or the backbone shrinks
            it to one.
    """
    model = cfg.get('model', {})
    if getattr(cfg.train_dataloader, 'batch_size', None) != 1:
        return
    remedy = (
        'which BatchNorm cannot train on with one image per process and no SyncBN over '
        'several GPUs: set train_dataloader.batch_size=2'
    )
    for name in HEADS:
        head = model.get(name)
        if isinstance(head, dict) and is_pooling(head) and is_local_norm(head, cfg):
            raise InputError(
                f'model.{name} ({head["type"]}) pools to one value per channel, '
                f'{remedy}'
            )
    backbone = model.get('backbone', {})
    size = (model.get('data_preprocessor') or {}).get('size')
    is_hrvit = type_name(backbone) == 'HRViT'
    is_small = size is not None and max(size) <= DEEPEST_STRIDE
    if is_hrvit and is_small and is_local_norm(backbone, cfg):
        raise InputError(f'crops of {size} shrink to one value per channel, {remedy}')


def is_pooling(head: dict) -> bool:
    """Whether a head averages the whole map into one value per channel."""
    named = type_name(head) in POOLING_HEADS
    return named and 1 in head.get('pool_scales', (1,))


def is_local_norm(part: dict, cfg: Config) -> bool:
    """Whether a part's norm is a BatchNorm over only the images of this process."""
    norm = (part.get('norm_cfg') or dict(type='BN'))['type']
    is_synced = norm != 'BN' and int(os.environ.get('WORLD_SIZE', 1)) > 1
    return norm in BATCH_NORMS and not (is_synced and cfg.launcher != 'none')


def check_order(classes: Mapping[str, Sequence[str]]) -> None:
    """Refuses data sets that have the same classes in different orders.

    Args:
        classes (Mapping[str, Sequence[str]]): Names of the classes by the key of the
            data set in the config.

    Raises:
        InputError: If the order differs.
    """
    for (first, names), (second, others) in combinations(classes.items(), 2):
        if is_reordered(names, others):
            raise InputError(
                f'{second} has the classes of {first} in another order '
                f'({", ".join(others)}; {", ".join(names)}): give them the same '
                'metainfo'
            )


def check_data(dataset: dict, key: str, cfg: Config) -> dict[str, Sequence[str]]:
    """Refuses data sets of mmseg that are missing or incomplete.

    Args:
        dataset (dict): Config of a data set, or of a wrapper around some.
        key (str): Its key in the config.
        cfg (Config): The config.

    Returns:
        dict[str, Sequence[str]]: Names of the classes by the key of their data set.

    Raises:
        InputError: If a folder is missing, no image is found, or a file is missing.
    """
    classes = {}
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        for part_key, part in innermost(dataset, key):
            cls = part['type']
            cls = registry.get(cls) if isinstance(cls, str) else cls
            is_on_disk = not part.get('backend_args')
            is_mmseg = cls and issubclass(cls, BaseSegDataset)
            # In mmpretrain it is a folder; what other packages mean is not known.
            is_folder = isinstance(part.get('data_prefix'), str)
            if is_on_disk and (is_mmseg or is_folder):
                check_folders(part, part_key)
            if is_on_disk and is_mmseg:
                lazy = build_lazily({**part, 'type': cls}, part_key, registry)
                check_loaders(part, lazy.reduce_zero_label, part_key)
                check_files(lazy, part_key)
                classes[part_key] = lazy.metainfo.get('classes') or ()
    return classes


def check_folders(dataset: dict, key: str) -> None:
    """Refuses a data set whose folders do not exist.

    Args:
        dataset (dict): Its config.
        key (str): Its key in the config.

    Raises:
        InputError: If a folder is missing.
    """
    root = dataset.get('data_root') or ''
    folders = dict(data_root=root)
    prefixes = dataset.get('data_prefix') or {}
    if isinstance(prefixes, str):  # mmpretrain's
        folders['data_prefix'] = osp.join(root, prefixes)
    else:
        for name, prefix in prefixes.items():
            folders[f'data_prefix.{name}'] = osp.join(root, prefix)
    for name, folder in folders.items():
        if folder and not osp.isdir(folder):
            raise InputError(
                f'no folder {osp.abspath(folder)}: put the data there, or set '
                f'{key}.{name}'
            )


def check_loaders(dataset: dict, reduce_zero_label: bool, key: str) -> None:
    """Refuses a loader that takes 0 for another thing than its data set does.

    Args:
        dataset (dict): Config of the data set.
        reduce_zero_label (bool): Whether 0 is not a class there.
        key (str): Where that config stands.

    Raises:
        InputError: If they differ.
    """
    for step in dataset.get('pipeline', ()):
        own = step.get('reduce_zero_label') if isinstance(step, dict) else None
        if own is not None and own != reduce_zero_label:
            raise InputError(
                f'{key} has reduce_zero_label={reduce_zero_label}, but {step["type"]} '
                f'in its pipeline has {own}: remove it from the pipeline'
            )


def check_files(dataset: BaseSegDataset, key: str) -> None:
    """Refuses a data set without images, or with files missing.

    Args:
        dataset (BaseSegDataset): The data set, not yet loaded.
        key (str): Its key in the config.

    Raises:
        InputError: If there are none, or some are missing.
    """
    if dataset.ann_file and not osp.isfile(dataset.ann_file):
        raise InputError(f'no file {dataset.ann_file}: set {key}.ann_file')
    samples = list_samples(dataset, key)
    if not samples:
        raise InputError(
            f'no image *{dataset.img_suffix} in '
            f'{osp.abspath(dataset.data_prefix["img_path"])}: set {key}.data_prefix '
            'or img_suffix'
        )
    for name, what in (('img_path', 'image'), ('seg_map_path', 'label map')):
        files = [sample[name] for sample in samples if name in sample]
        missing = find_missing(files)
        if missing:
            raise InputError(
                f'{what} {missing[0]} is missing ({len(missing)} of {len(files)} are '
                f'in {key}): add it, or remove its name from the data set'
            )


def list_samples(dataset: BaseSegDataset, key: str) -> list[dict]:
    """Lists what a data set names.

    Args:
        dataset (BaseSegDataset): The data set, not yet loaded.
        key (str): Where it stands in the config.

    Returns:
        list[dict]: A record of each pair.

    Raises:
        InputError: If the file with the names is not plain UTF-8.
    """
    try:
        samples = dataset.load_data_list()
        is_plain = not any(MARK in str(sample['img_path']) for sample in samples[:1])
    except UnicodeDecodeError:
        is_plain = False
    if not is_plain:
        raise InputError(
            f'{dataset.ann_file} is not plain UTF-8: save it as UTF-8 without a byte '
            f'order mark, or set {key}.ann_file'
        )
    return samples


def find_missing(files: Sequence[str]) -> list[str]:
    """Returns the files that do not exist; lists each folder once."""
    folders = {osp.dirname(file) for file in files}
    there = {folder: set(list_folder(folder)) for folder in folders}
    return [f for f in files if osp.basename(f) not in there[osp.dirname(f)]]


def list_folder(folder: str) -> list[str]:
    """Lists a folder; a missing one is empty."""
    return os.listdir(folder) if osp.isdir(folder) else []
