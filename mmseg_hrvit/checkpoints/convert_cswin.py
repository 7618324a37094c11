"""Turning the public ImageNet checkpoints of CSWin into weights of ``CSWin``."""

import re
from collections.abc import Mapping

from mmengine.registry import MODELS
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .converted import Converted
from .matching import CSWIN_FIRST_CONV, differences, unwrap

# Width of the first stage and blocks of the third -> variant.
ARCHS = {(32, 21): 'ti', (64, 21): 't', (64, 32): 's'}
# Pattern in the public name -> replacement, applied one after the other.
RENAMES = (
    (r'^stage1_conv_embed\.0\.', 'stages.0.embed.conv.'),
    (r'^stage1_conv_embed\.2\.', 'stages.0.embed.norm.'),
    (r'^merge([123])\.', r'stages.\1.embed.'),
    (r'^stage([1-4])\.(\d+)\.', lambda m: f'stages.{int(m[1]) - 1}.blocks.{m[2]}.'),
    (r'\.(qkv|proj)\.', r'.attn.\1.'),
    (r'\.attns\.(\d)\.get_v\.', r'.attn.lepe.\1.'),
    (r'\.mlp\.', '.ffn.'),
    (r'^norm\.', 'stages.3.norm.'),
)
# A classifier has a norm only after its last stage; the other norms start anew.
OTHER_NORMS = r'stages\.[012]\.norm\.'


def is_cswin(checkpoint: Mapping) -> bool:
    """Whether a checkpoint has the names of the public CSWin."""
    return CSWIN_FIRST_CONV in unwrap(checkpoint)


def convert_cswin(checkpoint: Mapping) -> Converted:
    """Converts to the weights of ``CSWin``, without the classifier.

    Args:
        checkpoint (Mapping): The public checkpoint, or its state_dict.

    Returns:
        Converted: The backbone's weights. The norms of the first three outputs,
        which a classifier does not have, are new.

    Raises:
        InputError: If it is not a complete checkpoint of CSWin-T or S (or Ti).
    """
    weights = unwrap(checkpoint)
    arch = guess_arch(weights)
    expected = MODELS.build(dict(type='mmseg_hrvit.CSWin', arch=arch)).state_dict()
    state_dict = {
        name: tensor for name, tensor in expected.items() if re.match(OTHER_NORMS, name)
    }
    unplaced = []
    for name, tensor in weights.items():
        target = rename(name)
        if target in expected:
            state_dict[target] = tensor.contiguous()
        elif not name.startswith('head.'):
            unplaced.append(name)
    wrong = differences(expected, state_dict)
    if wrong:
        raise InputError(
            f'not a complete checkpoint of CSWin-{arch}: {len(wrong)} of '
            f'{len(expected)} entries are missing or have another shape (first: '
            f'{wrong[0]})'
        )
    return Converted(arch, state_dict, unplaced, network='CSWin')


def guess_arch(weights: Mapping[str, Tensor]) -> str:
    """Recognises a variant by its width and the blocks of its third stage.

    Args:
        weights (Mapping[str, Tensor]): Public names -> tensors.

    Returns:
        str: A name of CSWin's ``ARCHS``.

    Raises:
        InputError: If it is another variant.
    """
    width = weights[CSWIN_FIRST_CONV].shape[0]
    depth = len({name.split('.')[1] for name in weights if name.startswith('stage3.')})
    if (width, depth) not in ARCHS:
        raise InputError(
            f'a CSWin of {width} channels and {depth} blocks in its third stage is '
            f'not known here; known are {", ".join(ARCHS.values())}'
        )
    return ARCHS[width, depth]


def rename(name: str) -> str:
    """Finds the name that an entry of a public checkpoint has here.

    Args:
        name (str): E.g. ``stage2.0.attns.1.get_v.weight``.

    Returns:
        str: E.g. ``stages.1.blocks.0.attn.lepe.1.weight``.
    """
    for pattern, replacement in RENAMES:
        name = re.sub(pattern, replacement, name)
    return name
