"""Parameters and multiply-accumulates of a network, part by part.

The forward pass runs once, under torch's FlopCounterMode. What a module executes
is its count, except where it may execute something else than the paper draws
(HRViT's optimised paths): such a class has a formula, ``count``, that reads the
module's sizes and the shapes of its inputs.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

import torch
import torch.nn as nn
from mmengine.config import Config
from rich.table import Table
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import LinearSegformerHead
from mmseg_hrvit.models.layers import (
    Block,
    ConvPatchEmbed,
    CrossResolutionFusion,
    EfficientPatchEmbed,
    Stem,
)
from mmseg_hrvit.models.layers.attention import CrossShapedAttention
from mmseg_hrvit.models.layers.cswin_block import CSWinAttention
from mmseg_hrvit.models.layers.mixcfn import FFN, MixCFN
from mmseg_hrvit.models.layers.shortcut import DiversityEnhancedShortcut

from .forms import build_network

# What convolutions and linear layers run as; the rest multiplies activations.
LAYER_OPS = (torch.ops.aten.convolution, torch.ops.aten.addmm, torch.ops.aten.mm)


@dataclass(frozen=True)
class Macs:
    """Multiply-accumulates.

    Args:
        layers (int): Of convolutions and linear layers. Defaults to 0.
        products (int): Of both matrix products of attention. Defaults to 0.
    """

    layers: int = 0
    products: int = 0

    @property
    def paper(self) -> int:
        """The paper's convention: one of the two products of attention."""
        return self.layers + self.products // 2

    @property
    def full(self) -> int:
        """All of them."""
        return self.layers + self.products

    def __add__(self, other: 'Macs') -> 'Macs':
        return Macs(self.layers + other.layers, self.products + other.products)

    def __sub__(self, other: 'Macs') -> 'Macs':
        return Macs(self.layers - other.layers, self.products - other.products)


@dataclass(frozen=True)
class Part:
    """A module of a network and what it costs, its children included.

    Args:
        name (str): The module's name in its parent; the network's class for the
            network.
        params (int): Number of parameters.
        macs (Macs): Of the module as the paper draws it.
        executed (Macs): What ran.
        children (tuple[Part, ...]): Its modules; none where ``count`` has a
            formula for the whole.
    """

    name: str
    params: int
    macs: Macs
    executed: Macs
    children: tuple['Part', ...]


def measure(model: nn.Module, *args, **kwargs) -> Part:
    """Counts a network's parameters and the multiply-accumulates of one call.

    Args:
        model (nn.Module): The network, in eval mode and on the meta device: there
            nothing is computed, and fused attention is two products on every
            version of torch.
        *args: Arguments of its forward pass, on the meta device.
        **kwargs: Further arguments of its forward pass.

    Returns:
        Part: The network, as a tree of parts.
    """
    counted: dict[nn.Module, Macs] = defaultdict(Macs)
    executed: dict[nn.Module, Macs] = defaultdict(Macs)
    flops = FlopCounterMode(display=False)

    def observe(module: nn.Module) -> None:
        forward = module.forward

        def observed(*args, **kwargs):
            before = as_macs(flops.flop_counts['Global'])
            outputs = forward(*args, **kwargs)
            executed[module] += as_macs(flops.flop_counts['Global']) - before
            if has_formula(module):
                counted[module] += count(module, *args, **kwargs)
            return outputs

        # Hooks would miss the heads: mmseg calls decode_head.forward(...).
        module.forward = observed

    modules = list(model.modules())
    for module in modules:
        observe(module)
    try:
        with torch.no_grad(), flops:
            model(*args, **kwargs)
    finally:
        for module in modules:
            del module.forward
    return describe(type(model).__name__, model, counted, executed)


def as_macs(flops: dict) -> Macs:
    """Reads the FLOPs of operators, two for each multiply-accumulate."""
    layers = sum(n for op, n in flops.items() if op in LAYER_OPS)
    return Macs(layers // 2, (sum(flops.values()) - layers) // 2)


def describe(
    name: str,
    module: nn.Module,
    counted: dict[nn.Module, Macs],
    executed: dict[nn.Module, Macs],
) -> Part:
    """Builds the tree of parts below a module.

    Args:
        name (str): The module's name in its parent.
        module (nn.Module): The module.
        counted (dict[nn.Module, Macs]): The modules counted by a formula.
        executed (dict[nn.Module, Macs]): What ran in the modules that were called.

    Returns:
        Part: The module with its children.
    """
    children = tuple(
        describe(key, child, counted, executed)
        for key, child in (() if module in counted else module.named_children())
    )
    inside = sum((child.executed for child in children), Macs())
    ran = executed.get(module, inside)  # a ModuleList is never called itself
    if module in counted:
        macs = counted[module]
    else:
        macs = sum((child.macs for child in children), ran - inside)
    params = sum(param.numel() for param in module.parameters())
    return Part(name, params, macs, ran, children)


def measure_config(cfg: Config, shape: Sequence[int]) -> Part:
    """Measures the inference of a config's model on one image.

    Args:
        cfg (Config): A config of mmseg or mmpretrain.
        shape (Sequence[int]): Height and width of the image.

    Returns:
        Part: The model. An auxiliary head has parameters and no
        multiply-accumulates.

    Raises:
        InputError: If the config has no model.
    """
    if 'model' not in cfg:
        raise InputError(f'{cfg.filename}: a config without a model')
    model = build_network(cfg)
    channels = cfg.model.backbone.get('in_channels', 3)
    image = torch.empty(1, channels, *shape, device='meta')
    return measure(model.to('meta'), image, mode='tensor')


def default_shape(cfg: Config) -> tuple[int, int]:
    """Returns the height and width that the paper measures a config's task at.

    Args:
        cfg (Config): A config of mmseg or mmpretrain.
    """
    return (224, 224) if cfg.get('default_scope') == 'mmpretrain' else (512, 512)


def tabulate(model: Part, depth: int, executed: bool) -> Table:
    """Draws the parts of a network that compute or have parameters.

    Args:
        model (Part): The network.
        depth (int): Levels of modules to show.
        executed (bool): Whether to add the column of what ran.

    Returns:
        Table: Parameters in millions, multiply-accumulates in billions.
    """
    columns = {
        'GFLOPs, paper': lambda part: part.macs.paper,
        'GFLOPs, full': lambda part: part.macs.full,
    }
    if executed:
        columns['GFLOPs, executed'] = lambda part: part.executed.full
    table = Table()
    table.add_column('part', no_wrap=True)
    for header in ('params (M)', *columns):
        table.add_column(header, justify='right')

    def add_row(name: str, part: Part) -> None:
        gflops = [
            f'{macs(part) / 1e9:.3f}' if part.macs.full else '-'
            for macs in columns.values()
        ]
        table.add_row(name, f'{part.params / 1e6:.3f}', *gflops)

    for level, part in walk(model, depth):
        if part.macs.full or (level == 0 and part.params):
            add_row('  ' * level + part.name, part)
    table.add_section()
    add_row('total', model)
    return table


def walk(part: Part, depth: int, level: int = 0) -> Iterator[tuple[int, Part]]:
    """Yields the parts inside a part, each with its level, down to ``depth``.

    A layer that does all that its parent does, as the convolution of a ConvModule,
    is left out.
    """
    for child in part.children if level < depth else ():
        if child.children or child.macs != part.macs:
            yield level, child
            yield from walk(child, depth, level + 1)


@singledispatch
def count(module: nn.Module, *args: Tensor) -> Macs:
    """Counts one call of a module by formula, whichever path it takes.

    Another class gets its formula by ``@count.register(CLASS)``.

    Args:
        module (nn.Module): The module.
        *args: The arguments of its forward pass.

    Returns:
        Macs: What the paper's drawing of it multiplies.

    Raises:
        TypeError: If its class has no formula.
    """
    raise TypeError(f'no formula counts a {type(module).__name__}')


def has_formula(module: nn.Module) -> bool:
    """Whether ``count`` knows the module's class, or one it inherits from."""
    return count.dispatch(type(module)) is not count.dispatch(object)


def weights(module: nn.Module) -> int:
    """Multiply-accumulates of applying each layer of a module at one position."""
    layers = (nn.Conv2d, nn.Linear)
    return sum(m.weight.numel() for m in module.modules() if isinstance(m, layers))


def positions(x: Tensor, stride: int = 1) -> int:
    """Positions of the output of a strided convolution of (B, C, H, W)."""
    batch, _, height, width = x.shape
    return batch * -(-height // stride) * -(-width // stride)


@count.register
def count_stem(stem: Stem, x: Tensor) -> Macs:
    """Counts the stem on images (B, C, H, W)."""
    first = positions(x, 2) * weights(stem.conv1)
    return Macs(first + positions(x, 4) * weights(stem.conv2))


@count.register(EfficientPatchEmbed)
@count.register(ConvPatchEmbed)
def count_patch_embed(embed: nn.Module, x: Tensor) -> Macs:
    """Counts a patch embedding of (B, C, H, W)."""
    return Macs(positions(x) * weights(embed))


@count.register
def count_block(block: Block, x: Tensor) -> Macs:
    """Counts a block on (B, H, W, C)."""
    parts = (block.attn, block.des, block.ffn)
    return sum((count(part, x) for part in parts if part is not None), Macs())


@count.register
def count_attention(attn: CrossShapedAttention, x: Tensor, *_: nn.Module) -> Macs:
    """Counts attention on (B, H, W, C), the last window padded to its full size."""
    one_product = cross_shaped_product(x, attn.window_size)
    return Macs(x.shape[:-1].numel() * weights(attn), 2 * one_product)


@count.register
def count_cswin_attention(attn: CSWinAttention, x: Tensor) -> Macs:
    """Counts CSWin's attention on (B, H, W, C), padded as HRViT's."""
    if attn.window_size is None:
        batch, height, width, channels = x.shape
        one_product = batch * (height * width) ** 2 * channels
    else:
        one_product = cross_shaped_product(x, attn.window_size)
    return Macs(x.shape[:-1].numel() * weights(attn), 2 * one_product)


def cross_shaped_product(x: Tensor, window_size: int) -> int:
    """Multiply-accumulates of one product of cross-shaped attention on (B, H, W, C)."""
    batch, height, width, channels = x.shape
    pairs = -(-height // window_size) * (window_size * width) ** 2  # s x W windows
    pairs += -(-width // window_size) * (window_size * height) ** 2  # H x s windows
    return batch * pairs * channels // 2  # each on half of the channels


@count.register
def count_shortcut(des: DiversityEnhancedShortcut, x: Tensor) -> Macs:
    """Counts a DES on (..., C): a p x p factor k times, a k x k factor p times."""
    k, p = des.factors
    return Macs(x.shape[:-1].numel() * k * p * (p + k))


@count.register(MixCFN)
@count.register(FFN)
def count_ffn(ffn: nn.Module, x: Tensor, *_: nn.Module) -> Macs:
    """Counts a feed-forward network on (..., C)."""
    return Macs(x.shape[:-1].numel() * weights(ffn))


@count.register
def count_fusion(fusion: CrossResolutionFusion, inputs: Sequence[Tensor]) -> Macs:
    """Counts a fusion: each path works at the lower of its two resolutions."""
    macs = 0
    for j, paths in fusion.paths.items():
        for i, path in paths.items():
            stride = 2 ** max(int(j) - int(i), 0)
            macs += positions(inputs[int(i)], stride) * weights(path)
    return Macs(macs)


@count.register
def count_head(head: LinearSegformerHead, inputs: Sequence[Tensor]) -> Macs:
    """Counts SegFormer's head: projections, then fusion and classifier on level 0."""
    maps = [inputs[i] for i in head.in_index]
    after = weights(head.fusion_conv) + weights(head.conv_seg)
    macs = positions(maps[0]) * after
    for x, conv in zip(maps, head.convs, strict=True):
        macs += positions(x) * weights(conv)
    return Macs(macs)
