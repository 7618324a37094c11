"""Loaders for mmengine that read checkpoints and never run code from them.

A checkpoint is a pickle, and unpickling can run any program. The loaders here rebuild
only tensors, plain containers, and what mmengine itself writes, and refuse everything
else.

Importing this package registers the loader of local files, which also takes the names
of ``mmseg_hrvit.zoo``, and one for the Hugging Face Hub. With ``register_all``, the
tools also register the loaders for all URLs. With the environment variable
``MMSEG_HRVIT_TRUST_CHECKPOINTS=1`` mmengine reads all pickles in its own way.
"""

import datetime
import os
import re
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from pickle import UnpicklingError

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from mmengine.runner.checkpoint import (
    get_deprecated_model_names,
    get_external_models,
    get_mmcls_models,
    get_torchvision_models,
)
from mmengine.runner.checkpoint import load_from_local as load_in_mmengines_way
from safetensors import safe_open

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.zoo import SCHEME, download, fetch, find_local

from .sizes import check_arrays, check_file

TRUST = 'MMSEG_HRVIT_TRUST_CHECKPOINTS'  # environment variable
STATISTICS = ('min', 'max', 'current', 'mean')
DATES = (
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
    datetime.timezone,
)
NUMBER_CODES = '?bhilqBHILQefdg'
CLOSED = ('pavi://', r'(\S+\:)?s3://', r'(\S+\:)?petrel://')  # no public clients
ZOOS = {
    'modelzoo': get_torchvision_models,
    'torchvision': get_torchvision_models,
    'open-mmlab': get_external_models,
    'openmmlab': get_external_models,
    'mmcls': get_mmcls_models,
}


def get_statistic(owner: type, name: str) -> object:
    """Stands in for ``getattr``, by which HistoryBuffer's methods are pickled.

    Args:
        owner (type): HistoryBuffer.
        name (str): One of its statistics.

    Returns:
        object: The method.

    Raises:
        UnpicklingError: If the file asks for anything else.
    """
    if owner is not HistoryBuffer or name not in STATISTICS:
        raise UnpicklingError('GLOBAL builtins.getattr')
    return getattr(owner, name)


def allowed_globals() -> list:
    """Lists what checkpoints may hold besides tensors and plain containers.

    Returns:
        list: HistoryBuffer, what arguments and configs are kept in, dates, paths,
        and NumPy's arrays and scalars of numbers, under the names of NumPy 1 and 2.
        Only dtypes of numbers are allowed, because objects could be rebuilt as raw
        memory.
    """
    reconstruct = np.empty(0).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    allowed = [HistoryBuffer, Namespace, ConfigDict, *DATES, np.ndarray, np.dtype]
    allowed += [type(np.dtype(code)) for code in NUMBER_CODES]
    allowed.append((get_statistic, 'builtins.getattr'))
    # Pure ones: no path is looked at.
    for module in ('pathlib', 'pathlib._local'):
        allowed.append((PurePosixPath, f'{module}.PosixPath'))
        allowed.append((PureWindowsPath, f'{module}.WindowsPath'))
    for core in ('numpy.core', 'numpy._core'):
        allowed.append((reconstruct, f'{core}.multiarray._reconstruct'))
        allowed.append((scalar, f'{core}.multiarray.scalar'))
    return allowed


def load_from_local(
    filename: str, map_location: str | torch.device | None = None
) -> dict:
    """Reads a checkpoint, or a safetensors file, without running code from it.

    Args:
        filename (str): Path of the file, or the name of a network in this package.
        map_location (str | torch.device, optional): Where the tensors go, as in
            ``torch.load``.

    Returns:
        dict: What was saved. For a ``.safetensors`` file, its tensors as ``state_dict``
        and its metadata as ``meta``.

    Raises:
        InputError: If there is no such file, if it cannot be read, if it holds anything
            but data, or more data than a file of its size can hold.
    """
    path = find_local(filename)
    read = read_safetensors if path.suffix == '.safetensors' else read_pickle
    try:
        checkpoint = read(path, map_location)
    except InputError:
        raise
    except Exception as error:  # a broken file can raise almost anything
        hint = '; delete it to download it again' if is_download(path) else ''
        raise InputError(f'{filename}: {explain(error)}{hint}') from error
    if not isinstance(checkpoint, dict):
        raise InputError(
            f'{filename}: holds a {type(checkpoint).__name__}, not a dict of weights; '
            'give a checkpoint or a state_dict'
        )
    weights = checkpoint.get('state_dict', {})
    if not isinstance(weights, dict):
        raise InputError(
            f'{filename}: its state_dict is a {type(weights).__name__}, not a dict of '
            'weights; give a checkpoint or a state_dict'
        )
    if isinstance(checkpoint.get('meta'), dict):
        # mmengine's `resume` would run this text as Python.
        checkpoint['meta'].pop('config', None)
    return checkpoint


def load_trusted(filename: str, map_location: str | torch.device | None = None) -> dict:
    """Reads a pickle as mmengine does, and so runs what is in it.

    Args:
        filename (str): As in ``load_from_local``, which reads names of this package and
            safetensors files.
        map_location (str | torch.device, optional): Where the tensors go.

    Returns:
        dict: What was saved.

    Raises:
        InputError: If there is no such file.
    """
    path = find_local(filename)
    if path.suffix == '.safetensors':
        return load_from_local(str(path), map_location)
    return load_in_mmengines_way(str(path), map_location)


def read_pickle(path: Path, map_location: str | torch.device | None) -> dict:
    """Reads what ``torch.save`` wrote."""
    check_file(path)
    with torch.serialization.safe_globals(allowed_globals()):
        checkpoint = torch.load(path, map_location=map_location, weights_only=True)
    check_arrays(checkpoint, path)
    return checkpoint


def read_safetensors(path: Path, map_location: str | torch.device | None) -> dict:
    """Reads a safetensors file as a checkpoint."""
    with safe_open(path, framework='pt', device=str(map_location or 'cpu')) as file:
        state_dict = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return dict(state_dict=state_dict, meta=dict(file.metadata() or {}))


def explain(error: Exception) -> str:
    """Says in one line why a file could not be read.

    Args:
        error (Exception): What reading it raised.

    Returns:
        str: The reason and what to do.
    """
    text = ' '.join(str(error).split())
    refused = re.search(r'GLOBAL (\S+)', text)
    if refused:
        return (
            f'refused, because it holds {refused[1]} and checkpoints never run code '
            'here; if you trust it, save only its state_dict, or save it as '
            f'.safetensors, or set {TRUST}=1'
        )
    # torch wraps the reason in advice of many lines.
    reason = text.split('WeightsUnpickler error: ')[-1].split(' Check the doc')[0]
    reason = reason[:160] or type(error).__name__
    return f'cannot be read as a checkpoint ({reason}); it may be truncated'


def is_download(path: Path) -> bool:
    """Whether a file is in the cache of downloads."""
    return Path(torch.hub.get_dir()).resolve() in path.resolve().parents


def load_from_http(
    filename: str, map_location: str | torch.device | None = None
) -> dict:
    """Downloads a checkpoint once, then reads it as ``load_from_local`` does.

    Args:
        filename (str): URL of the file. If its name has a hash, the file must have it.
        map_location (str | torch.device, optional): Where the tensors go.

    Returns:
        dict: What was saved.

    Raises:
        InputError: If it cannot be downloaded or read.
    """
    return load_from_local(str(download(filename)), map_location)


def load_from_hub(
    filename: str, map_location: str | torch.device | None = None
) -> dict:
    """Reads a checkpoint of the Hugging Face Hub as ``load_from_local`` does.

    Args:
        filename (str): ``hf://OWNER/REPOSITORY``, as in ``mmseg_hrvit.zoo.fetch``.
        map_location (str | torch.device, optional): Where the tensors go.

    Returns:
        dict: What was saved.

    Raises:
        InputError: If it cannot be downloaded or read.
    """
    return load_from_local(str(fetch(filename)), map_location)


def load_from_zoo(
    filename: str, map_location: str | torch.device | None = None
) -> dict:
    """Reads a checkpoint that mmengine knows by name.

    Args:
        filename (str): ``torchvision://NAME``, ``open-mmlab://NAME`` or
            ``mmcls://NAME``.
        map_location (str | torch.device, optional): Where the tensors go.

    Returns:
        dict: What was saved; for mmcls, only the weights of the backbone.

    Raises:
        InputError: If the name is unknown, or the file cannot be downloaded or read.
    """
    zoo, name = filename.split('://', 1)
    models = ZOOS[zoo]()
    if name not in models:
        name = get_deprecated_model_names().get(name, name)
    if name not in models:
        raise InputError(f'{filename}: mmengine knows no such model; check the name')
    checkpoint = load_from_http(models[name], map_location)
    if zoo == 'mmcls':
        weights = checkpoint.get('state_dict', checkpoint)
        prefix = 'backbone.'
        return dict(
            state_dict={
                key.removeprefix(prefix): value
                for key, value in weights.items()
                if key.startswith(prefix)
            }
        )
    return checkpoint


def load_from_intranet(
    filename: str, map_location: str | torch.device | None = None
) -> dict:
    """Refuses schemes whose clients are not public.

    Args:
        filename (str): The address.
        map_location (str | torch.device, optional): Not used.

    Raises:
        InputError: Always.
    """
    raise InputError(
        f'{filename}: checkpoints cannot be read from there; give a file or a URL, or '
        f'set {TRUST}=1 to let mmengine read it in its own way'
    )


def is_trusted() -> bool:
    """Whether the user trusts all checkpoints."""
    return os.environ.get(TRUST) == '1'


def register(schemes: Mapping[str, Callable]) -> None:
    """Replaces loaders of mmengine.

    Args:
        schemes (Mapping[str, Callable]): The start of a URL, as a regular expression,
            -> its loader.
    """
    for scheme, loader in schemes.items():
        CheckpointLoader.register_scheme(scheme, loader, force=True)


def register_all() -> None:
    """Registers the loaders for every URL, unless the user trusts all checkpoints."""
    if is_trusted():
        return
    register(
        {
            **dict.fromkeys(('http://', 'https://'), load_from_http),
            **{f'{zoo}://': load_from_zoo for zoo in ZOOS},
            **dict.fromkeys(CLOSED, load_from_intranet),
        }
    )


register({'': load_trusted if is_trusted() else load_from_local, SCHEME: load_from_hub})
