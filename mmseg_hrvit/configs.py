"""Where the shipped configs are."""

from difflib import get_close_matches
from pathlib import Path

from .errors import InputError

PACKAGE = Path(__file__).parent


def config(name: str) -> str:
    """Finds a shipped config, in a checkout or in an installed package.

    A config elsewhere inherits it by
    ``_base_ = __import__('mmseg_hrvit').config('hrvit_b2_ade20k')``.

    Args:
        name (str): Its path below ``configs/``, without '.py'.

    Returns:
        str: The path of the file.

    Raises:
        InputError: If there is no such config.
    """
    installed = PACKAGE / '.mim' / 'configs'
    folder = installed if installed.is_dir() else PACKAGE.parent / 'configs'
    path = folder / f'{name}.py'
    if not path.is_file():
        names = sorted(
            file.relative_to(folder).with_suffix('').as_posix()
            for file in folder.rglob('*.py')
        )
        shipped = [n for n in names if not n.startswith('_base_')]
        near = get_close_matches(name, names, cutoff=0.4) or shipped
        raise InputError(f"no config is called '{name}': there is {', '.join(near)}")
    return str(path)
