"""Turning ImageNet checkpoints of the authors' code into this project's.

The networks compute the same, so converting only renames tensors, with one exception:
    mmpretrain has no biases in front of the classifier's BatchNorms, so these are
    folded.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch.nn as nn
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import CheckpointLoader
from torch import Tensor

from mmseg_hrvit.errors import InputError

from .convert_cswin import convert_cswin, is_cswin
from .converted import Converted, write
from .matching import (
    ARCH_OF_WIDTH,
    AUTHORS_FIRST_NORM,
    FIRST_NORM,
    differences,
    guess_arch,
    unwrap,
)

# What stands in the rules' fields: branch, block, scale, layer, and a fusion's path
# from an input to an output, written output.input.
FIELDS = dict(
    b=r'\d',
    n=r'\d',
    i=r'\d',
    layer=r'\w+',
    down=r'1\.0|2\.[01]|3\.[012]',
    up=r'0\.[123]|1\.[23]|2\.3',
)
# Authors' layer -> layer here, both within one module. Their `features.{2m}` is the
# fusion of module m, `features.{2m+1}` the rest of it.
MODULE_RULES = (
    ('fusion.blocks.{down}.0', 'fusion.paths.{down}.depthwise'),
    ('fusion.blocks.{down}.1', 'fusion.paths.{down}.bn1'),
    ('fusion.blocks.{down}.2', 'fusion.paths.{down}.pointwise'),
    ('fusion.blocks.{down}.3', 'fusion.paths.{down}.bn2'),
    ('fusion.blocks.{up}.0', 'fusion.paths.{up}.pointwise'),
    ('fusion.blocks.{up}.1', 'fusion.paths.{up}.bn'),
    ('patch_embed.{b}.proj.0', 'branches.{b}.patch_embed.pointwise'),
    ('patch_embed.{b}.proj.1', 'branches.{b}.patch_embed.depthwise'),
    ('patch_embed.{b}.norm', 'branches.{b}.patch_embed.norm'),
    ('branches.{b}.{n}.attn_norm', 'branches.{b}.blocks.{n}.norm1'),
    ('branches.{b}.{n}.attn.to_qkv', 'branches.{b}.blocks.{n}.attn.qv'),
    ('branches.{b}.{n}.attn.to_out.0', 'branches.{b}.blocks.{n}.attn.proj'),
    ('branches.{b}.{n}.attn.attn_bn', 'branches.{b}.blocks.{n}.attn.bn'),
    (
        'branches.{b}.{n}.attn.parallel_conv.1',
        'branches.{b}.blocks.{n}.attn.parallel_conv',
    ),
    ('branches.{b}.{n}.des.{layer}', 'branches.{b}.blocks.{n}.des.{layer}'),
    ('branches.{b}.{n}.ffn_norm', 'branches.{b}.blocks.{n}.norm2'),
    ('branches.{b}.{n}.ffn.conv.conv_3', 'branches.{b}.blocks.{n}.ffn.dwconv3'),
    ('branches.{b}.{n}.ffn.conv.conv_5', 'branches.{b}.blocks.{n}.ffn.dwconv5'),
    ('branches.{b}.{n}.ffn.{layer}', 'branches.{b}.blocks.{n}.ffn.{layer}'),
    ('norm.{b}', 'branches.{b}.norm'),
)
# HRNetV2's classifier -> mmpretrain's HRFuseScales, which is followed by pooling as a
# second neck, and LinearClsHead.
CLASSIFIER_RULES = (
    ('head.incre_modules.{i}.0.{layer}', 'neck.0.increase_layers.{i}.0.{layer}'),
    (
        'head.incre_modules.{i}.0.downsample.{n}',
        'neck.0.increase_layers.{i}.0.downsample.{n}',
    ),
    ('head.downsamp_modules.{i}.0', 'neck.0.downsample_layers.{i}.conv'),
    ('head.downsamp_modules.{i}.1', 'neck.0.downsample_layers.{i}.bn'),
    ('head.final_layer.0', 'neck.0.final_layer.conv'),
    ('head.final_layer.1', 'neck.0.final_layer.bn'),
    ('head.classifier', 'head.fc'),
)
FOLDED_BIAS = r'(head\.(?:downsamp_modules\.\d|final_layer))\.0\.bias'


def convert_backbone(checkpoint: Mapping) -> Converted:
    """Converts to the weights of ``HRViT``, without the classifier.

    Args:
        checkpoint (Mapping): The authors' checkpoint, or its state_dict.

    Returns:
        Converted: The backbone's weights.

    Raises:
        InputError: If it is not a checkpoint of the authors' b1, b2 or b3.
    """
    weights, arch = read_authors(checkpoint)
    weights = {k: v for k, v in weights.items() if not k.startswith('head.')}
    return place(weights, arch, build_backbone(arch))


def convert_classifier(checkpoint: Mapping) -> Converted:
    """Converts to the weights of mmpretrain's ImageClassifier around ``HRViT``.

    Args:
        checkpoint (Mapping): The authors' checkpoint, or its state_dict.

    Returns:
        Converted: The weights of backbone, necks (HRFuseScales, pooling) and head.

    Raises:
        InputError: If it is not a checkpoint of the authors' b1, b2 or b3 with its
            classifier, or if mmpretrain is not installed.
    """
    weights, arch = read_authors(checkpoint)
    if 'head.classifier.bias' not in weights:
        raise InputError('holds no classifier; convert it without --classifier')
    num_classes = weights['head.classifier.bias'].numel()
    classifier = build_classifier(arch, num_classes)
    return place(fold_biases(weights), arch, classifier, prefix='backbone.')


def convert_file(src: str, dst: str, classifier: bool = False) -> Converted:
    """Converts a file.

    Args:
        src (str): A checkpoint of the authors' code, or of the public CSWin.
        dst (str): The ``.pth`` or ``.safetensors`` file to write. It appears only when
            it is complete.
        classifier (bool): Convert the whole classification model. Defaults to False:
            only the backbone.

    Returns:
        Converted: What was written.

    Raises:
        InputError: If ``src`` cannot be read or converted, or ``dst`` cannot be
            written.
    """
    path = Path(dst)
    if path.suffix not in ('.pth', '.safetensors'):
        raise InputError(f'{dst}: name a .pth or a .safetensors file')
    if not path.parent.is_dir():
        raise InputError(f'{dst}: there is no such folder; create it first')
    if path.exists() and Path(src).exists() and path.samefile(src):
        raise InputError(f'{dst}: is the source itself; name another file')
    checkpoint = CheckpointLoader.load_checkpoint(src, 'cpu', logger='current')
    try:
        converted = choose_conversion(checkpoint, classifier)(checkpoint)
    except InputError as error:
        raise InputError(f'{src}: {error}') from error
    write(converted, path)
    return converted


def choose_conversion(
    checkpoint: Mapping, classifier: bool
) -> Callable[[Mapping], Converted]:
    """Chooses the function that converts a checkpoint.

    Args:
        checkpoint (Mapping): The checkpoint.
        classifier (bool): Whether to convert the whole classification model.

    Returns:
        Callable[[Mapping], Converted]: The function.

    Raises:
        InputError: If there is none.
    """
    if not is_cswin(checkpoint):
        return convert_classifier if classifier else convert_backbone
    if classifier:
        raise InputError(
            'only the backbone of CSWin can be converted: omit --classifier'
        )
    return convert_cswin


def read_authors(checkpoint: Mapping) -> tuple[dict[str, Tensor], str]:
    """Finds the weights in a checkpoint of the authors' code, and its variant.

    Args:
        checkpoint (Mapping): The checkpoint, or its state_dict.

    Returns:
        tuple[dict[str, Tensor], str]: The authors' names -> tensors, and the arch.

    Raises:
        InputError: If it is something else.
    """
    weights = unwrap(checkpoint)
    if any(name.endswith(FIRST_NORM) for name in weights):
        raise InputError('needs no conversion: it has the names of this project')
    if AUTHORS_FIRST_NORM not in weights:
        raise InputError(
            "not a checkpoint of the authors' HRViT: it has no entry "
            f'{AUTHORS_FIRST_NORM}'
        )
    arch = guess_arch(weights)
    if arch is None:
        width = weights[AUTHORS_FIRST_NORM].numel()
        known = ', '.join(f'{a} ({w})' for w, a in ARCH_OF_WIDTH.items())
        raise InputError(f'its first branch has {width} channels; known are {known}')
    return weights, arch


def place(
    weights: Mapping[str, Tensor], arch: str, network: nn.Module, prefix: str = ''
) -> Converted:
    """Puts the authors' weights into a network.

    Args:
        weights (Mapping[str, Tensor]): Their names -> tensors.
        arch (str): The variant.
        network (nn.Module): The network to fill.
        prefix (str): Name of the backbone in it. Defaults to '', itself.

    Returns:
        Converted: The network's names -> tensors.

    Raises:
        InputError: If the network lacks a tensor, or a tensor has another shape.
    """
    expected = network.state_dict()
    targets = {name: rename(name, prefix) for name in weights}
    state_dict = {
        target: weights[name].contiguous()
        for name, target in targets.items()
        if target in expected
    }
    wrong = differences(expected, state_dict)
    if wrong:
        raise InputError(
            f'not a complete checkpoint of HRViT-{arch}: {len(wrong)} of '
            f'{len(expected)} entries are missing or have another shape (first: '
            f'{wrong[0]})'
        )
    unplaced = [name for name, target in targets.items() if target not in expected]
    return Converted(arch, state_dict, unplaced)


def rename(name: str, prefix: str = '') -> str | None:
    """Finds the name here of an entry of the authors' checkpoint.

    Args:
        name (str): E.g. ``features.3.branches.0.0.attn_norm.weight``.
        prefix (str): Put before the names of the backbone. Defaults to ''.

    Returns:
        str | None: E.g. ``hr_modules.1.branches.0.blocks.0.norm1.weight``; None if
        no rule knows the entry.
    """
    layer, _, leaf = name.rpartition('.')
    if layer.startswith('stem.'):
        return f'{prefix}{name}'
    part = re.fullmatch(r'features\.(\d+)\.(.+)', layer)
    if not part:
        target = apply_rules(CLASSIFIER_RULES, layer)
        return target and f'{target}.{leaf}'
    m, is_module = divmod(int(part[1]), 2)
    target = apply_rules(MODULE_RULES, part[2] if is_module else f'fusion.{part[2]}')
    return target and f'{prefix}hr_modules.{m}.{target}.{leaf}'


def apply_rules(rules: Sequence[tuple[str, str]], layer: str) -> str | None:
    """Rewrites a layer's name by the first rule that fits, None if none does."""
    for source, target in rules:
        pattern = re.sub(
            r'\\{(\w+)\\}',
            lambda match: f'(?P<{match[1]}>{FIELDS[match[1]]})',
            re.escape(source),
        )
        match = re.fullmatch(pattern, layer)
        if match:
            return target.format(**match.groupdict())
    return None


def fold_biases(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Folds the biases in front of BatchNorms into their running means.

    (y + bias) - mean = y - (mean - bias), so in eval mode nothing changes; in
    training such a bias has no effect.

    Args:
        weights (Mapping[str, Tensor]): The authors' names -> tensors.

    Returns:
        dict[str, Tensor]: The same without these biases.

    Raises:
        InputError: If a bias has no running mean of its shape.
    """
    folded = dict(weights)
    for name, bias in weights.items():
        match = re.fullmatch(FOLDED_BIAS, name)
        if match:
            mean = f'{match[1]}.1.running_mean'
            if mean not in weights or weights[mean].shape != bias.shape:
                raise InputError(f'{name} has no {mean} of its shape')
            folded[mean] = weights[mean] - folded.pop(name)
    return folded


def build_backbone(arch: str) -> nn.Module:
    """Builds an HRViT by its registered name: this package does not import models."""
    return MODELS.build(dict(type='mmseg_hrvit.HRViT', arch=arch))


def build_classifier(arch: str, num_classes: int) -> nn.Module:
    """Builds mmpretrain's classifier around an HRViT."""
    try:
        from mmpretrain.models import HRFuseScales, ImageClassifier, LinearClsHead
    except ImportError as error:
        raise InputError('--classifier needs mmpretrain: install it') from error
    backbone = build_backbone(arch)
    # They build parts of their own, by names that mmseg's scope does not have.
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        neck = nn.Sequential(HRFuseScales(backbone.out_channels))
        head = LinearClsHead(num_classes, neck[0].out_channels)
        return ImageClassifier(backbone=backbone, neck=neck, head=head)
