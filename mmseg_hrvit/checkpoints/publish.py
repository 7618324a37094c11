"""Making a file to publish from the checkpoint of a training run."""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor

from mmseg_hrvit.configs import shipped_name
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.files import write_durably
from mmseg_hrvit.version import __version__
from mmseg_hrvit.zoo import DIGITS

from .loading import load_from_local
from .matching import WRAPPERS, describe, differences, refuse_not_finite, unwrap
from .trained_by import CONFIG_NAME

KEY = 'mmseg_hrvit'  # of the metadata in a .safetensors file
# timm and others keep averaged weights beside the others. mmengine's EMAHook needs no
# key: it has put them into `state_dict`, and those without averaging aside.
AVERAGED = ('state_dict_ema', 'model_ema')
KEPT = ('epoch', 'iter', 'arch', 'des_act', 'cfg')
ABSOLUTE = re.compile(r"""(['"])((?:/|~/|[A-Za-z]:[/\\])[^'"\n]*)\1""")  # quoted
BESIDE = ('arch', 'des_act', CONFIG_NAME)  # texts that loading looks for


@dataclass(frozen=True)
class Published:
    """The part of a checkpoint that is published.

    Args:
        weights (dict[str, Tensor]): Names -> tensors.
        meta (dict): Plain data: what the run noted about itself.
    """

    weights: dict[str, Tensor]
    meta: dict

    def half(self) -> 'Published':
        """Returns the same with matrices and kernels in 16 bits, if they fit."""
        weights = {name: to_half(tensor) for name, tensor in self.weights.items()}
        return Published(weights, self.meta)

    def to_pth(self) -> bytes:
        """Returns the content of a ``.pth`` file, in mmengine's layout."""
        buffer = io.BytesIO()
        torch.save(dict(meta=self.meta, state_dict=self.weights), buffer)
        return buffer.getvalue()

    def to_safetensors(self) -> bytes:
        """Returns the content of a ``.safetensors`` file.

        Its metadata are texts: 'mmseg_hrvit' is the JSON of ``meta``. Beside it is the
            text that says how the weights were trained, where loading looks for it.
        """
        meta = {key: self.meta[key] for key in BESIDE if key in self.meta}
        meta[KEY] = json.dumps(self.meta, sort_keys=True)
        return with_sorted_metadata(safetensors.torch.save(self.weights, meta))


def with_sorted_metadata(data: bytes) -> bytes:
    """Sorts the metadata of a safetensors file, which it writes in random order."""
    size = int.from_bytes(data[:8], 'little')  # of the header, a JSON text
    header = json.loads(data[8 : 8 + size])
    header['__metadata__'] = dict(sorted(header['__metadata__'].items()))
    text = json.dumps(header, separators=(',', ':'), ensure_ascii=False).encode()
    return data[:8] + text.ljust(size) + data[8 + size :]


def publish_file(
    src: str | Path,
    out: str | Path,
    name: str,
    cfg: Config | None = None,
    precision: str = 'fp32',
) -> list[Path]:
    """Writes the files that publish a checkpoint.

    Args:
        src (str | Path): The checkpoint. Nothing in it is executed.
        out (str | Path): The folder; it need not exist.
        name (str): The start of the files' names.
        cfg (Config, optional): Its config. If given, the checkpoint has to fit it, and
            the files name it if it is a shipped one.
        precision (str): 'fp16' rounds matrices and kernels; vectors, such as biases
            and the statistics of BatchNorms, stay as they are. Defaults to 'fp32'.

    Returns:
        list[Path]: ``NAME-HASH.pth`` and ``NAME-HASH.safetensors``. HASH is the
        first 8 digits of the file's own SHA-256.

    Raises:
        InputError: If the checkpoint cannot be read, does not fit, or holds no
            weights, or if the files cannot be written.
    """
    if not name or Path(name).name != name:
        raise InputError(f'--name {name}: give a name, not a path')
    published = read_published(load_from_local(str(src), 'cpu'))
    if not published.weights:
        raise InputError(f'{src}: holds no weights; give a checkpoint of a network')
    refuse_not_finite(str(src), published.weights)
    if cfg is not None:
        check_fit(published.weights, cfg, src)
        if shipped := shipped_name(cfg.filename):
            published.meta[CONFIG_NAME] = shipped
    if precision == 'fp16':
        published = published.half()
    contents = dict(pth=published.to_pth, safetensors=published.to_safetensors)
    return [
        write_hashed(content(), Path(out), name, suffix)
        for suffix, content in contents.items()
    ]


def read_published(checkpoint: Mapping) -> Published:
    """Selects the part of a checkpoint that is published.

    Args:
        checkpoint (Mapping): What was saved.

    Returns:
        Published: The weights, averaged ones if there are any, and the plain data.
    """
    weights = unwrap(checkpoint, (*AVERAGED, *WRAPPERS))
    # A view would be saved with all of what it is a view of.
    weights = {
        name: tensor.detach().clone(memory_format=torch.contiguous_format)
        for name, tensor in weights.items()
    }
    return Published(weights, read_meta(checkpoint))


def to_half(tensor: Tensor) -> Tensor:
    """Rounds what is not a vector to float16, unless it is too large for that."""
    half = tensor.half() if tensor.is_floating_point() and tensor.dim() > 1 else tensor
    return half if half.isfinite().all() else tensor


def read_meta(checkpoint: Mapping) -> dict:
    """Selects from a checkpoint what its run noted about itself.

    Args:
        checkpoint (Mapping): What was saved.

    Returns:
        dict: Numbers and texts, classes and palette. The config is a text in which
        absolute paths are cut to their last part, because they belong to another
        machine.
    """
    found = checkpoint.get('meta')
    found = found if isinstance(found, Mapping) else {}
    meta = {key: found[key] for key in KEPT if isinstance(found.get(key), int | str)}
    if 'cfg' in meta:
        meta['cfg'] = ABSOLUTE.sub(cut_path, str(meta['cfg']))
    data = found.get('dataset_meta')
    if isinstance(data, Mapping):
        meta['dataset_meta'] = {
            key: np.asarray(data[key]).tolist()
            for key in ('classes', 'palette')
            if data.get(key) is not None
        }
    averaged = any(key in checkpoint for key in ('ema_state_dict', *AVERAGED))
    return dict(meta, averaged=averaged, mmseg_hrvit_version=__version__)


def cut_path(match: re.Match) -> str:
    """Cuts an absolute path in quotes to its last part."""
    quote, path = match.groups()
    return quote + re.split(r'[/\\]', path.rstrip('/\\'))[-1] + quote


def check_fit(weights: Mapping, cfg: Config, filename: str | Path) -> None:
    """Raises InputError if weights do not fill the network of a config.

    Args:
        weights (Mapping): Names -> tensors.
        cfg (Config): The config.
        filename (str | Path): Source of the weights, for errors.
    """
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
        expected = MODELS.build(cfg.model).state_dict()
    wrong = differences(expected, weights)
    if wrong:
        raise InputError(
            f'{filename} does not fit the config: {describe(wrong, expected, weights)}'
        )


def write_hashed(content: bytes, folder: Path, name: str, suffix: str) -> Path:
    """Writes a file with its hash in the name, as torch.hub checks it.

    Args:
        content (bytes): What it holds.
        folder (Path): Its folder.
        name (str): The start of its name.
        suffix (str): Its suffix, without the dot.

    Returns:
        Path: The file.

    Raises:
        InputError: If it cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()[:DIGITS]
    path = folder / f'{name}-{digest}.{suffix}'
    try:
        write_durably(content, path)
    except OSError as error:
        raise InputError(f'{path}: cannot be written ({error.strerror})') from error
    return path
