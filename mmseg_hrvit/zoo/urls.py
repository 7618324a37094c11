"""Downloading a file once."""

import hashlib
import os
from pathlib import Path
from urllib.parse import unquote, urlparse

import torch
from mmengine.dist import barrier

from mmseg_hrvit.errors import InputError

from .hashes import DIGITS, hash_in_name, hash_of


def download(url: str) -> Path:
    """Downloads a file, unless it is in the cache; one process of a machine does this.

    If the name of a file has its hash, as ``hrvit publish`` writes it, the file is
    compared with it whenever it is used.

    Args:
        url (str): Its HTTP(S) URL.

    Returns:
        Path: The complete file, in the cache of torch.hub.

    Raises:
        InputError: If it cannot be downloaded, or is not what its name says.
    """
    path = place(url)
    digits = hash_in_name(path.name)
    try:
        if os.environ.get('LOCAL_RANK', '0') == '0' and not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path), digits)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f'{url}: cannot be downloaded ({error})') from error
    finally:
        barrier()  # also after a failure, or the other processes would wait
    if digits and path.is_file() and not hash_of(path).startswith(digits):
        raise InputError(
            f'{path}: is damaged, or not what {url} has: its SHA-256 does not begin '
            f'with {digits}; delete it to download it again'
        )
    return path


def place(url: str) -> Path:
    """Returns where the file of a URL is kept; many have the same name."""
    folder = Path(torch.hub.get_dir(), 'checkpoints')
    name = Path(unquote(urlparse(url).path)).name
    if hash_in_name(name):
        return folder / name  # where torch.hub itself keeps it
    return folder / hashlib.sha256(url.encode()).hexdigest()[:DIGITS] / name
