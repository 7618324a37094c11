"""Finding the file of a trained network by what the user calls it."""

from difflib import get_close_matches
from pathlib import Path

from mmseg_hrvit.configs import config_names
from mmseg_hrvit.errors import InputError

from .hub import ADDRESS, SCHEME, fetch
from .index import read_index
from .urls import download

ENDINGS = ('.pth', '.pt', '.bin', '.ckpt', '.safetensors')


def find_weights(source: str | Path) -> Path:
    """Finds the file of a trained network; downloads it if it is not local.

    Args:
        source (str | Path): The name of a network in this package, the path of a file,
            an HTTP(S) URL, or ``OWNER/REPOSITORY`` of the Hugging Face Hub (with or
            without ``hf://``; see ``fetch``).

    Returns:
        Path: The file. If its name or its cache has a hash, the file has been compared
        with it.

    Raises:
        InputError: If there is none, or its hash differs.
    """
    text = str(source)
    if text.startswith(('http://', 'https://')):
        return download(text)
    if text.startswith(SCHEME) or (is_repository(text) and not is_file(text)):
        return fetch(text)
    return find_local(text)


def find_local(source: str) -> Path:
    """Finds a local file.

    Args:
        source (str): The name of a network in this package, or a path. A name comes
            first: the file of that name is ``./NAME``.

    Returns:
        Path: The file.

    Raises:
        InputError: If there is none, or that of the package is damaged.
    """
    index = read_index()
    if source in index:
        return index[source].check()
    if not is_file(source):
        raise InputError(f'{source}: there is no such checkpoint; {advise(source)}')
    return Path(source).expanduser()


def advise(source: str) -> str:
    """Suggests what the user may have meant by a name that is not a file."""
    if source in config_names():
        return 'it is a config without weights in the package: give a checkpoint'
    if '/' in source or source.endswith(ENDINGS):
        return 'check the path'
    names = [*read_index()]
    near = get_close_matches(source, names, cutoff=0.4) or names
    return f'check the path, or give a name: the nearest are {", ".join(near)}'


def is_file(source: str) -> bool:
    """Whether it is the path of a file."""
    return Path(source).expanduser().is_file()


def is_repository(source: str) -> bool:
    """Whether it can be OWNER/REPOSITORY, with a revision or not."""
    match = ADDRESS.fullmatch(source)
    return bool(match and not match['file']) and not source.endswith(ENDINGS)
