"""Comparing the weights in a file with those of a network."""

import logging
import re
from collections.abc import Mapping, Sequence

import torch.nn as nn
from mmengine.logging import print_log
from torch import Tensor

from mmseg_hrvit.errors import InputError

# A variant is known by the width of its first branch (Table 2).
ARCH_OF_WIDTH = {32: 'b1', 48: 'b2', 64: 'b3'}
FIRST_NORM = 'hr_modules.0.branches.0.norm.weight'
AUTHORS_FIRST_NORM = 'features.1.norm.0.weight'
CSWIN_FIRST_CONV = 'stage1_conv_embed.0.weight'  # of the public CSWin
WRAPPERS = ('state_dict', 'model', 'state_dict_ema', 'model_ema')


def unwrap(checkpoint: Mapping, wrappers: Sequence[str] = WRAPPERS) -> dict:
    """Finds the weights in a checkpoint.

    Args:
        checkpoint (Mapping): What was saved: weights, or a dict around them.
        wrappers (Sequence[str]): Keys that may hold the weights, the best first.

    Returns:
        dict: Name -> tensor, without the ``module.`` of a parallel wrapper.
    """
    for key in wrappers:
        if isinstance(checkpoint.get(key), Mapping):
            return unwrap(checkpoint[key], wrappers)
    return {
        re.sub(r'^module\.', '', name): tensor
        for name, tensor in checkpoint.items()
        if isinstance(name, str) and isinstance(tensor, Tensor)
    }


def differences(expected: Mapping, found: Mapping) -> list[str]:
    """Lists the entries of a network that a file does not fill.

    A missing ``num_batches_tracked`` is allowed: only BatchNorms without momentum read
    it, and older files lack it.

    Args:
        expected (Mapping): The network's names -> tensors.
        found (Mapping): The file's.

    Returns:
        list[str]: What is wrong with each entry that is missing or has another shape.
    """
    wrong = []
    for name, tensor in expected.items():
        if name in found:
            if found[name].shape != tensor.shape:
                shapes = f'{tuple(found[name].shape)} instead of {tuple(tensor.shape)}'
                wrong.append(f'{name} has the shape {shapes}')
        elif not name.endswith('num_batches_tracked'):
            wrong.append(f'{name} is missing')
    return wrong


def guess_arch(weights: Mapping) -> str | None:
    """Recognises an HRViT by its first branch.

    Args:
        weights (Mapping): Names -> tensors of a backbone, or of a network around it.

    Returns:
        str | None: 'b1', 'b2', 'b3', or None if it is none of them.
    """
    for name, tensor in weights.items():
        if name.endswith((FIRST_NORM, AUTHORS_FIRST_NORM)):
            return ARCH_OF_WIDTH.get(tensor.numel())
    return None


def describe(wrong: Sequence[str], expected: Mapping, found: Mapping) -> str:
    """Says in one line what is wrong with a file, and what may have happened.

    Args:
        wrong (Sequence[str]): What ``differences`` found.
        expected (Mapping): The network's names -> tensors.
        found (Mapping): The file's.

    Returns:
        str: How many entries, the first of them, and a hint.
    """
    arch, file_arch = guess_arch(expected), guess_arch(found)
    if AUTHORS_FIRST_NORM in found:
        hint = "it is a checkpoint of the authors' code: run `hrvit convert-checkpoint`"
    elif CSWIN_FIRST_CONV in found:
        hint = 'it is a public checkpoint of CSWin: run `hrvit convert-checkpoint`'
    elif arch and file_arch and arch != file_arch:
        hint = f"it looks like {file_arch}'s weights for arch {arch}"
    elif FIRST_NORM in found and f'backbone.{FIRST_NORM}' in expected:
        hint = 'it holds only a backbone: give it as model.backbone.pretrained'
    else:
        hint = 'check that it comes from the same config'
    return (
        f'{len(wrong)} of {len(expected)} entries are missing or have another shape '
        f'(first: {wrong[0]}); {hint}'
    )


def refuse(filename: str, wrong: list[str], expected: Mapping, found: Mapping) -> None:
    """Raises InputError if anything is wrong.

    Args:
        filename (str): The checkpoint.
        wrong (list[str]): From ``differences``.
        expected (Mapping): The entries of the network.
        found (Mapping): Those of the checkpoint.

    Raises:
        InputError: If anything is wrong, or an entry of the network has NaN.
    """
    if wrong:
        raise InputError(
            f'{filename} does not fit the network: {describe(wrong, expected, found)}'
        )
    refuse_not_finite(
        filename, {name: found[name] for name in expected if name in found}
    )


def refuse_not_finite(filename: str, weights: Mapping) -> None:
    """Refuses weights that are NaN or infinite.

    Args:
        filename (str): The checkpoint.
        weights (Mapping): Names -> tensors.

    Raises:
        InputError: If one of them is.
    """
    bad = [name for name, tensor in weights.items() if not tensor.isfinite().all()]
    if bad:
        raise InputError(
            f'{filename} has NaN or infinity in {len(bad)} of {len(weights)} entries '
            f'(first: {bad[0]}): its training has diverged; use an earlier checkpoint'
        )


def refuse_other_order(
    filename: str, checkpoint: Mapping, classes: Sequence[str] | None
) -> None:
    """Refuses weights that were trained with the same classes in another order.

    Args:
        filename (str): The checkpoint.
        checkpoint (Mapping): What was saved; mmengine's runner adds the classes.
        classes (Sequence[str], optional): Those of the data; None: they have no names.

    Raises:
        InputError: If the order differs. Other names pass: many data sets have their
            own names for the same classes.
    """
    meta = checkpoint.get('meta')
    data = meta.get('dataset_meta') if isinstance(meta, Mapping) else None
    trained = data.get('classes') if isinstance(data, Mapping) else None
    if trained and classes and is_reordered(trained, classes):
        raise InputError(
            f'{filename} was trained with the classes {", ".join(trained)}, and the '
            f'data set has them in another order ({", ".join(classes)}): use the order '
            'of the training'
        )


def is_reordered(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two lists have the same names in another order."""
    return [*names] != [*others] and sorted(names) == sorted(others)


def seen_by_mmengine(checkpoint: Mapping) -> dict:
    """Finds the weights where mmengine looks for them: ``state_dict`` or all.

    Args:
        checkpoint (Mapping): A loaded checkpoint.
    """
    return unwrap(checkpoint, wrappers=('state_dict',))


def warn_of_other_des(backbone: nn.Module, checkpoint: Mapping, filename: str) -> None:
    """Warns if weights come from a network with another activation in the DES.

    Args:
        backbone (nn.Module): The network that takes the weights.
        checkpoint (Mapping): What was saved; converted checkpoints note the
            activation in ``meta``.
        filename (str): Its name.
    """
    meta = checkpoint.get('meta')
    trained_with = meta.get('des_act') if isinstance(meta, Mapping) else None
    acts = {
        type(module.act).__name__
        for name, module in backbone.named_modules()
        if name.endswith('.des') and module is not None
    }
    if trained_with and acts and acts != {trained_with}:
        print_log(
            f'{filename} was trained with {trained_with} in the shortcut (DES), the '
            f'network has {"".join(acts)}: set des_act_cfg=dict(type={trained_with!r}) '
            'to get its accuracy',
            logger='current',
            level=logging.WARNING,
        )
