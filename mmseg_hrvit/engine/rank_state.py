"""State that differs between the processes of a run, besides their samples.

These are the random states, and the running means of BatchNorms that are not synced.
mmengine's checkpoints contain neither.
"""

import random

import numpy as np
import torch
from mmengine.device import get_device
from mmengine.dist import all_gather_object, get_rank
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def get_random_state() -> dict:
    """Returns the random states of Python, NumPy, torch, and torch on its device.

    Returns:
        dict: Tensors and numbers, as ``weights_only`` loading takes them.
    """
    version, words, next_gauss = random.getstate()
    name, key, *rest = np.random.get_state()
    state = dict(
        python=(version, torch.tensor(words), next_gauss),
        numpy=(name, torch.from_numpy(key.astype(np.int64)), *rest),
        torch=torch.get_rng_state(),
    )
    device = get_device()
    if device != 'cpu':
        state[device] = torch.get_device_module(device).get_rng_state()
    return state


def set_random_state(state: dict) -> None:
    """Sets the random states.

    Args:
        state (dict): From ``get_random_state``; its tensors may be on any device.
    """
    version, words, next_gauss = state['python']
    random.setstate((version, tuple(words.tolist()), next_gauss))
    name, key, *rest = state['numpy']
    np.random.set_state((name, key.cpu().numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state['torch'].cpu())
    device = get_device()
    if device != 'cpu' and device in state:
        torch.get_device_module(device).set_rng_state(state[device].cpu())


def gather_rank_states(model: nn.Module) -> list[dict]:
    """Collects the states of all ranks. Every rank has to call it.

    Args:
        model (nn.Module): The network.

    Returns:
        list[dict]: A state for each rank.
    """
    # The buffers of rank 0 are those of the checkpoint.
    buffers = local_buffers(model) if get_rank() > 0 else {}
    buffers = {name: buffer.cpu() for name, buffer in buffers.items()}
    return all_gather_object(dict(random=get_random_state(), buffers=buffers))


def set_local_buffers(model: nn.Module, buffers: dict) -> None:
    """Restores the running means of this rank.

    Args:
        model (nn.Module): The network. Changed in place.
        buffers (dict): Those of this rank, from ``gather_rank_states``.
    """
    own = local_buffers(model)
    for name, buffer in buffers.items():
        own[name].copy_(buffer)


def local_buffers(model: nn.Module) -> dict:
    """Returns the buffers of BatchNorms that each process computes alone, by name."""
    return {
        f'{prefix}.{name}': buffer
        for prefix, module in model.named_modules()
        if isinstance(module, _BatchNorm) and not isinstance(module, nn.SyncBatchNorm)
        for name, buffer in module.named_buffers(recurse=False)
    }
