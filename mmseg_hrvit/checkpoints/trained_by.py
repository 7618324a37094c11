"""The shipped config with which the weights in a file were trained."""

from pathlib import Path

from mmseg_hrvit.configs import config_names
from mmseg_hrvit.errors import InputError

from .loading import load_from_local

CONFIG_NAME = 'config_name'  # of a file's meta


def find_config_name(path: str | Path) -> str:
    """Reads from a published file which shipped config it was trained with.

    Args:
        path (str | Path): A file that ``hrvit publish --config`` wrote. If it contains
            a config, that is not used.

    Returns:
        str: The config's name.

    Raises:
        InputError: If the file cannot be read, or names no shipped config.
    """
    meta = load_from_local(str(path)).get('meta')
    name = meta.get(CONFIG_NAME) if isinstance(meta, dict) else None
    if not isinstance(name, str):
        raise InputError(
            f'{path}: does not say by which shipped config it was trained; give the '
            'config too, or publish it with `hrvit publish --config NAME`'
        )
    if name not in config_names():
        raise InputError(
            f'{path}: was trained by a config {name[:80]!r}, which this version does '
            'not have; give the config too'
        )
    return name
