"""The folders of a config's data, where no result belongs."""

import os
from collections.abc import Iterable
from pathlib import Path

from mmengine.config import Config

from mmseg_hrvit.configs import LOADERS, innermost, type_name
from mmseg_hrvit.errors import InputError

IMAGES, LABELS = 'img_path', 'seg_map_path'  # keys of mmseg's data_prefix


def find_folders(cfg: Config, loaders: Iterable[str], kinds: Iterable[str]) -> set[str]:
    """Finds folders of a config's data.

    Args:
        cfg (Config): The config.
        loaders (Iterable[str]): Which of its loaders, such as 'test_dataloader'.
        kinds (Iterable[str]): What is in the folders: ``IMAGES``, ``LABELS``.

    Returns:
        set[str]: Their absolute paths.
    """
    datasets = [(cfg.get(loader) or {}).get('dataset') for loader in loaders]
    parts = [part for x in datasets if x for _, part in innermost(x, '')]
    return {
        os.path.abspath(os.path.join(part.get('data_root') or '', prefix[kind] or ''))
        for part in parts
        for prefix in [part.get('data_prefix')]
        if isinstance(prefix, dict)  # mmpretrain's is a folder
        for kind in kinds
        if kind in prefix
    }


def refuse_crops(cfg: Config, what: str) -> None:
    """Refuses a result for each image where the test set reads crops of rasters.

    Args:
        cfg (Config): The config.
        what (str): The option or command that writes them.

    Raises:
        InputError: If a step of the test pipeline is ``LoadRaster``.
    """
    for _, part in innermost(cfg.test_dataloader['dataset'], ''):
        if any(type_name(step) == 'LoadRaster' for step in part.get('pipeline', ())):
            raise InputError(
                f'{what} is for images, and the test set reads crops of rasters: '
                'segment the rasters with `hrvit demo`'
            )


def refuse_data_folders(
    out: str | Path, cfg: Config, loaders: Iterable[str] = LOADERS
) -> None:
    """Refuses to write among the images and label maps of a config.

    Args:
        out (str | Path): The file or folder to write.
        cfg (Config): The config.
        loaders (Iterable[str]): As in ``find_folders``. Defaults to all.

    Raises:
        InputError: If it is inside of a folder with data.
    """
    target = Path(out).resolve()
    for folder in sorted(find_folders(cfg, loaders, (IMAGES, LABELS))):
        if Path(folder).resolve() in (target, *target.parents):
            raise InputError(
                f'--out {out} is inside the data folder {folder}: give another place, '
                'or results would mix with the data'
            )
