"""Building data sets: a mistake in their classes ends in one line."""

import os
from collections import Counter

from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS, Registry

from mmseg_hrvit.errors import InputError

MARK = '\ufeff'  # with which some editors begin a file


def build_lazily(
    dataset: dict, key: str, registry: Registry = DATASETS, pipeline: bool = False
) -> BaseDataset:
    """Builds a data set that has not yet listed its files.

    Args:
        dataset (dict): Its config.
        key (str): Its key in the config.
        registry (Registry): Where its type is. Defaults to mmengine's.
        pipeline (bool): Whether its pipeline is built too. Defaults to False.

    Returns:
        BaseDataset: The data set.

    Raises:
        InputError: If its classes are not a list of different names, or one is empty
            or starts with a byte order mark, or its palette does not fit them.
    """
    classes = (dataset.get('metainfo') or {}).get('classes')
    if isinstance(classes, str) and not os.path.isfile(classes):
        raise InputError(
            f"{key}.metainfo.classes='{classes}' is a string: write a list, "
            f"['{classes}', ...], or the name of a file with one class per line"
        )
    changes = dict(lazy_init=True) | ({} if pipeline else dict(pipeline=[]))
    try:
        built = registry.build({**dataset, **changes})
    except ValueError as error:  # of its classes and palette
        if isinstance(error, InputError):
            raise
        raise InputError(f'{key}.metainfo: {error}') from error
    counts = Counter(built.metainfo.get('classes') or ())
    broken = [name for name in map(str, counts) if MARK in name or not name.strip()]
    if broken:
        file = f', from the file {classes}' if isinstance(classes, str) else ''
        raise InputError(
            f'{key}.metainfo.classes has {broken[0]!a}{file}: give each class a name, '
            'without empty lines or a byte order mark (plain UTF-8)'
        )
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise InputError(
            f'{key}.metainfo.classes has {twice[0]!r} {counts[twice[0]]} times: give '
            'each class a name of its own'
        )
    return built
