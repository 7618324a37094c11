"""Loading a backbone's weights from any checkpoint that holds them."""

import logging
import re
from collections.abc import Mapping

import torch
import torch.nn as nn
from mmengine.logging import print_log
from mmengine.runner import CheckpointLoader
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .matching import (
    describe,
    differences,
    refuse_not_finite,
    unwrap,
    warn_of_other_des,
)

COLOURS = 3
BRANCH = r'hr_modules\.\d+\.(branches|fusion\.paths)\.\d+\.'


def load_backbone(backbone: nn.Module, filename: str) -> None:
    """Loads a backbone's weights, all of them or none.

    It takes checkpoints of mmpretrain, of segmentation networks, and converted ones. It
    loads the backbone and ignores classifier and heads. ``widen`` extends weights for
    images of three channels to other numbers of bands.

    Args:
        backbone (nn.Module): The network to fill.
        filename (str): A file, a URL, or another source that mmengine knows.

    Raises:
        InputError: If the file cannot be read, or an entry of the backbone is
            missing in it or has another shape.
    """
    checkpoint = CheckpointLoader.load_checkpoint(filename, 'cpu', logger='current')
    expected = backbone.state_dict()
    found = find_backbone(unwrap(checkpoint), expected)
    found, widened = widen_first(found, expected)
    wrong = differences(expected, found)
    if wrong:
        raise InputError(
            f'{filename} does not fit the backbone: {describe(wrong, expected, found)}'
        )
    filling = {name: found[name] for name in expected if name in found}
    refuse_not_finite(filename, filling)
    surplus = [name for name in found if is_surplus(name, expected)]
    if surplus:
        print_log(
            f'{filename} has {len(surplus)} entries that the backbone does not have '
            f'(first: {surplus[0]}): they are ignored',
            logger='current',
            level=logging.WARNING,
        )
    warn_of_other_des(backbone, checkpoint, filename)
    # Not strict: a missing `num_batches_tracked` may stay as it is.
    backbone.load_state_dict(filling, strict=False)
    print_log(f'loaded the backbone from {filename}', logger='current')
    if widened:
        print_log(
            f'{widened} was extended from {COLOURS} to {expected[widened].shape[1]} '
            'bands: each takes the weights of red, green and blue in turn',
            logger='current',
        )


def find_backbone(weights: Mapping, expected: Mapping) -> dict:
    """Selects the entries of the backbone from those of a network.

    Args:
        weights (Mapping): Names -> tensors of a backbone, or of a network that contains
            it.
        expected (Mapping): The backbone's own.

    Returns:
        dict: The backbone's names -> tensors.
    """
    prefix = max(
        ('', 'backbone.'), key=lambda p: sum(p + name in weights for name in expected)
    )
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }


def widen_first(found: dict, expected: Mapping) -> tuple[dict, str | None]:
    """Fits the weights of the first convolution to the network's number of bands.

    Args:
        found (dict): The file's names -> tensors.
        expected (Mapping): The network's.

    Returns:
        tuple[dict, str | None]: The weights, and the name of the tensor that was
        changed. None if no tensor differs only in having three input channels.
    """
    for name, weight in expected.items():
        other = found.get(name)
        if weight.dim() != 4 or other is None:
            continue
        # The first convolution in the file's order: the others see no image.
        bands, (outputs, inputs, *kernel) = weight.shape[1], other.shape
        if inputs == COLOURS != bands and (outputs, *kernel) == (
            weight.shape[0],
            *weight.shape[2:],
        ):
            return {**found, name: widen(other, bands)}, name
        break
    return found, None


def widen(weight: Tensor, bands: int) -> Tensor:
    """Extends weights for red, green and blue to any number of bands.

    The bands take the weights of red, green and blue in turn, times 3 / bands, so an
    image whose bands are all the same gives about the same output as a grey image did.
    One band takes the sum of the three, which gives exactly that output.

    Args:
        weight (Tensor): Of a convolution, (outputs, 3, h, w).
        bands (int): How many bands.

    Returns:
        Tensor: (outputs, bands, h, w).
    """
    if bands == 1:
        return weight.sum(1, keepdim=True)
    turn = torch.arange(bands) % COLOURS
    return weight[:, turn] * (COLOURS / bands)


def is_surplus(name: str, expected: Mapping) -> bool:
    """Whether an entry is not used, although its branch is built.

    Args:
        name (str): An entry of the file.
        expected (Mapping): The backbone's entries. With fewer ``out_indices``, some
            branches of the last module are not built.

    Returns:
        bool: False if the entry is used or belongs to a branch that is not built.
    """
    branch = re.match(BRANCH, name)
    if branch:
        return name not in expected and any(n.startswith(branch[0]) for n in expected)
    return name not in expected
