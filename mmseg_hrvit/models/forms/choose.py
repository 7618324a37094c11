"""The forms that a run chooses by default."""

import torch
import torch.nn as nn

from .convert import convert


def convert_for_training(
    network: nn.Module,
    device: str,
    compile: bool = False,
    memory: bool | None = None,
) -> nn.Module:
    """Applies the forms in which a network trains fastest, in place.

    On a CPU these are 'training_cpu' and 'memory'. On a GPU the plain network is
    trained, in the form 'deterministic' if torch is set to deterministic algorithms.

    Args:
        network (nn.Module): The network.
        device (str): Where it is trained: 'cpu', 'cuda' or another of torch's types.
        compile (bool): Compile the repeated parts instead. Defaults to False.
        memory (bool, optional): Store less for the backward pass. Defaults to None: on
            a CPU, where this costs no time.

    Returns:
        nn.Module: The network.
    """
    if compile:
        convert(network, 'compile')
    elif device == 'cpu':
        convert(network, 'training_cpu')
    if device != 'cpu' and torch.are_deterministic_algorithms_enabled():
        convert(network, 'deterministic')
    if memory or (memory is None and device == 'cpu' and not compile):
        convert(network, 'memory')
    return network
