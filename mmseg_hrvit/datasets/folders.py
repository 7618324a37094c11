"""Listing the files below a folder."""

import os
from collections.abc import Sequence

from mmengine.dataset import BaseDataset


def list_files(folder: str) -> list[str]:
    """Lists all files below a folder, also through links, without hidden ones.

    Args:
        folder (str): The folder.

    Returns:
        list[str]: Their paths, sorted. A folder to which several links lead is listed
        once.
    """
    found, seen = [], set()
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith('.')]
        found += [os.path.join(root, name) for name in names if name[0] != '.']
    return sorted(found)


def image_root(parts: Sequence[BaseDataset]) -> str:
    """Returns the folder of the images of data sets; the lowest that all share.

    Data sets that name none, or are not mmengine's, have the current folder.
    """
    folders = [part.data_prefix.get('img_path') or '' for part in parts] or ['']
    return os.path.commonpath(list(map(os.path.abspath, folders)))


def name_below(path: str, root: str) -> str:
    """Returns a path below a folder; only the file's name if it is elsewhere."""
    name = os.path.relpath(path, root)
    return os.path.basename(path) if name.startswith(os.pardir) else name
