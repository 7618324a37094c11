"""Finding the network inside wrappers, and the heads inside the network."""

from collections.abc import Iterator
from functools import partial

from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import nn

from mmseg_hrvit.datasets.check_labels import IGNORED

HEADS = ('decode_head', 'auxiliary_head')


def bare(model: nn.Module) -> nn.Module:
    """Returns the network inside wrappers for parallel runs and test-time augmentation.

    Args:
        model (nn.Module): The network, or a wrapper around it.

    Returns:
        nn.Module: The network.
    """
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model


def named_heads(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yields the heads of a segmentor with their keys in the config.

    Args:
        model (nn.Module): The network, or a wrapper around it.

    Yields:
        tuple[str, nn.Module]: The key, such as 'auxiliary_head[1]', and the head.
    """
    for name in HEADS:
        head = getattr(bare(model), name, None)
        if isinstance(head, nn.ModuleList):
            yield from ((f'{name}[{i}]', part) for i, part in enumerate(head))
        elif head is not None:
            yield name, head


def ignored_label(part: object) -> int:
    """Returns which label a head or a metric ignores; mmseg's default is 255.

    Args:
        part (object): The head or metric, or its config.

    Returns:
        int: Its ``ignore_index``.
    """
    find = part.get if isinstance(part, dict) else partial(getattr, part)
    label = find('ignore_index', None)  # None where a loss ignores nothing
    return IGNORED if label is None else label
