"""Listing the files below a folder."""

import os


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
