"""Where the shipped configs are, and what is in every config."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from .errors import InputError

PACKAGE = Path(__file__).parent
SUFFIXES = ('.py', '.json', '.yml', '.yaml')  # of configs
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def config(name: str) -> str:
    """Finds a shipped config, in a checkout or in an installed package.

    Another config inherits it with
    ``_base_ = __import__('mmseg_hrvit').config('hrvit_b2_ade20k')``.

    Args:
        name (str): Its path below ``configs/``, without '.py'.

    Returns:
        str: The path of the file.

    Raises:
        InputError: If there is no such config.
    """
    path = config_folder() / f'{name}.py'
    if not path.is_file():
        near = get_close_matches(name, config_names(), cutoff=0)
        raise InputError(
            f"no config is called '{name}': the nearest are {', '.join(near)}; "
            '`hrvit configs` lists all'
        )
    return str(path)


def find_config(name: str) -> str:
    """Finds a config file, or the shipped config of that name.

    Args:
        name (str): Its path, or its name as in ``config``.

    Returns:
        str: The path of the file.

    Raises:
        InputError: If there is no such config.
    """
    if os.path.isfile(name):
        if not name.endswith(SUFFIXES):
            raise InputError(
                f'{name} is not a config ({", ".join(SUFFIXES)}): give the config '
                'first, and then the checkpoint'
            )
        return name
    if name.endswith('.py'):
        raise InputError(f'no config file {os.path.abspath(name)}: check the path')
    return config(name)


def config_folder() -> Path:
    """Returns the folder of the shipped configs."""
    installed = PACKAGE / '.mim' / 'configs'
    return installed if installed.is_dir() else PACKAGE.parent / 'configs'


def shipped_name(path: str | Path) -> str | None:
    """Returns the name of the shipped config in a file; None if it is not one."""
    path, folder = Path(path).resolve(), config_folder().resolve()
    if not path.is_relative_to(folder):
        return None
    return path.relative_to(folder).with_suffix('').as_posix()


def config_names() -> list[str]:
    """Lists the names of all shipped configs that can be run."""
    folder = config_folder()
    names = (f.relative_to(folder).with_suffix('') for f in folder.rglob('*.py'))
    return sorted(n.as_posix() for n in names if '_base_' not in n.parts)


def type_name(part: Mapping) -> str:
    """Returns the name of a part's ``type``, without its scope; '' if it has none."""
    kind = part.get('type', '')
    return getattr(kind, '__name__', str(kind)).rpartition('.')[-1]


def innermost(dataset: Mapping, key: str) -> Iterator[tuple[str, Mapping]]:
    """Yields the configs of data sets inside wrappers like ConcatDataset.

    Args:
        dataset (Mapping): Config of a data set, or of a wrapper.
        key (str): Its key in the config.

    Yields:
        tuple[str, Mapping]: The key and the config of each data set.
    """
    if 'datasets' in dataset:
        for i, part in enumerate(dataset['datasets']):
            yield from innermost(part, f'{key}.datasets.{i}')
    elif 'dataset' in dataset:
        yield from innermost(dataset['dataset'], f'{key}.dataset')
    else:
        yield key, dataset
