"""Where results come from: the network with its options, and the image file."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from mmengine.config import Config

from mmseg_hrvit.configs import find_config
from mmseg_hrvit.version import __version__
from mmseg_hrvit.zoo import hash_of

from .pretrained import find_model

# Files beside an exported one that hold its weights.
BESIDE = ('.bin', '.data')


def identify(parts: Iterable[str]) -> str:
    """Combines texts into one short text, which changes if any of them changes."""
    digest = hashlib.sha256(__version__.encode())
    for part in parts:
        digest.update(b'\0' + part.encode(errors='surrogateescape'))
    return digest.hexdigest()[:16]


def describe_model(model: Sequence[str]) -> list[str]:
    """Describes a network by the content of its files.

    Args:
        model (Sequence[str]): As in ``find_model``.

    Returns:
        list[str]: Texts for ``identify``.
    """
    found = find_model(model)
    if len(found) == 2:
        config, checkpoint = found
        settings = Config.fromfile(find_config(config)).to_dict()
        return [json.dumps(settings, default=str), hash_file(checkpoint)]
    path = Path(found[0])
    beside = [path.with_suffix(s) for s in BESIDE] + [Path(f'{path}.data')]
    return [hash_file(str(file)) for file in [path, *beside]]


def describe_file(path: Path) -> str:
    """Describes a file; another file, or a changed one, has another description."""
    if not path.exists():  # a link to nothing
        return str(path)
    status = path.stat()
    return f'{path.resolve()} {status.st_size} {status.st_mtime_ns}'


def hash_file(path: str) -> str:
    """Returns a hash of a file's content; for a URL or a missing file, the name."""
    if not Path(path).is_file():
        return path
    return hash_of(Path(path))
