"""Parameters and multiply-accumulates of a network, part by part.

The forward pass runs once, on the meta device, under torch's FlopCounterMode.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.config import Config
from rich.table import Table
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import convert
from mmseg_hrvit.models.forms.convert import put_on
from mmseg_hrvit.models.layers import CrossShapedAttention, CSWinAttention
from mmseg_hrvit.models.layers.attention import horizontal_attention

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
    """A module of a network and its cost, including its children.

    Args:
        name (str): The module's name in its parent; the network's class for the
            network.
        params (int): Number of parameters.
        macs (Macs): What it multiplies.
        children (tuple[Part, ...]): Its modules.
    """

    name: str
    params: int
    macs: Macs
    children: tuple['Part', ...] = ()


def measure(model: nn.Module, *args, **kwargs) -> Part:
    """Counts a network's parameters and the multiply-accumulates of one call.

    Args:
        model (nn.Module): The network, in eval mode and on the meta device. There
            nothing is computed, and fused attention counts as two products on every
            version of torch.
        *args: Arguments of its forward pass, on the meta device.
        **kwargs: Further arguments of its forward pass.

    Returns:
        Part: The network, as a tree of parts.
    """
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(*args, **kwargs)
    name = type(model).__name__
    return describe(name, model, name, counter.get_flop_counts())


def describe(
    name: str, module: nn.Module, path: str, counts: Mapping[str, Mapping]
) -> Part:
    """Builds the tree of parts below a module.

    Args:
        name (str): The module's name in its parent.
        module (nn.Module): The module.
        path (str): Its name in ``counts``.
        counts (Mapping[str, Mapping]): By module, the FLOPs of each operator.

    Returns:
        Part: The module with its children.
    """
    children = tuple(
        describe(key, child, f'{path}.{key}', counts)
        for key, child in module.named_children()
    )
    inside = sum((child.macs for child in children), Macs())
    # A ModuleList is never called itself, nor is a decode head: mmseg calls forward.
    macs = as_macs(counts[path]) if path in counts else inside
    params = sum(param.numel() for param in module.parameters())
    return Part(name, params, macs, children)


def as_macs(flops: Mapping) -> Macs:
    """Reads the FLOPs of operators, two for each multiply-accumulate."""
    layers = sum(n for op, n in flops.items() if op in LAYER_OPS)
    return Macs(layers // 2, (sum(flops.values()) - layers) // 2)


def padded_attention(
    q: Tensor, k: Tensor, v: Tensor, window_size: int, head_dim: int
) -> Tensor:
    """Cross-shaped attention as in the paper: a short window is padded to full size.

    Only its cost is right: the padding is not masked.

    Args:
        q (Tensor): Queries (B, H, W, C).
        k (Tensor): Keys, of the same shape.
        v (Tensor): Values, of the same shape.
        window_size (int): The short side s of a window.
        head_dim (int): Channels of a head, d_k.

    Returns:
        Tensor: (B, H, W, C).
    """

    def attend(half: Sequence[Tensor]) -> Tensor:
        size = half[0].shape[1]
        padded = [F.pad(x, (0, 0, 0, 0, 0, -size % window_size)) for x in half]
        return horizontal_attention(*padded, window_size, head_dim)[:, :size]

    rows, columns = zip(*(x.chunk(2, dim=-1) for x in (q, k, v)), strict=True)
    vertical = attend([x.transpose(1, 2) for x in columns]).transpose(1, 2)
    return torch.cat([attend(rows), vertical], dim=-1)


class PaddedWindows:
    """Makes an attention cost what the paper counts."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention within padded windows; all maps have one shape."""
        return padded_attention(q, k, v, self.window_size, self.head_dim)


class PaddedAttention(PaddedWindows, CrossShapedAttention):
    """HRViT's."""


class PaddedCSWinAttention(PaddedWindows, CSWinAttention):
    """CSWin's."""


PADDED = {CrossShapedAttention: PaddedAttention, CSWinAttention: PaddedCSWinAttention}


def pad_windows(model: nn.Module) -> nn.Module:
    """Makes all cross-shaped attention of a model cost what the paper counts."""
    put_on(model, PADDED)
    return model


def measure_config(cfg: Config, shape: Sequence[int], executed: bool = False) -> Part:
    """Measures the inference of a config's model on one image.

    Args:
        cfg (Config): A config of mmseg or mmpretrain.
        shape (Sequence[int]): Height and width of the image.
        executed (bool): Count what runs: the form for inference, without padding.
            Otherwise count the network as the paper draws it. Defaults to False.

    Returns:
        Part: The model. An auxiliary head has parameters and no
        multiply-accumulates.

    Raises:
        InputError: If the config has no model.
    """
    if 'model' not in cfg:
        raise InputError(f'{cfg.filename}: the config has no model')
    model = build_network(cfg).to('meta')
    model = convert(model, 'inference') if executed else pad_windows(model)
    channels = cfg.model.backbone.get('in_channels', 3)
    image = torch.empty(1, channels, *shape, device='meta')
    return measure(model, image, mode='tensor')


def default_shape(cfg: Config) -> tuple[int, int]:
    """Returns the height and width that the paper measures a config's task at.

    Args:
        cfg (Config): A config of mmseg or mmpretrain.
    """
    return (224, 224) if cfg.get('default_scope') == 'mmpretrain' else (512, 512)


def tabulate(model: Part, depth: int, executed: Part | None = None) -> Table:
    """Draws the parts of a network that compute or have parameters.

    Args:
        model (Part): The network as the paper draws it.
        depth (int): Levels of modules to show.
        executed (Part, optional): The network as it runs, for a separate column.

    Returns:
        Table: Parameters in millions, multiply-accumulates in billions.
    """
    headers = ['params (M)', 'GFLOPs, paper', 'GFLOPs, full']
    table = Table()
    table.add_column('part', no_wrap=True)
    for header in headers + ['GFLOPs, executed'] * (executed is not None):
        table.add_column(header, justify='right')

    def add_row(name: str, part: Part, ran: Part | None) -> None:
        counts = [part.macs.paper, part.macs.full]
        if executed is not None:
            counts.append(ran.macs.full if ran else 0)
        gflops = [f'{n / 1e9:.3f}' if n else '-' for n in counts]
        table.add_row(name, f'{part.params / 1e6:.3f}', *gflops)

    for level, part, ran in walk(model, executed, depth):
        if part.macs.full or (level == 0 and part.params):
            add_row('  ' * level + part.name, part, ran)
    table.add_section()
    add_row('total', model, executed)
    return table


def walk(
    part: Part, ran: Part | None, depth: int, level: int = 0
) -> Iterator[tuple[int, Part, Part | None]]:
    """Yields the parts inside a part, with their levels and the same parts as they run.

    This skips a layer that does all the work of its parent, such as the convolution of
    a ConvModule.
    """
    same = {child.name: child for child in ran.children} if ran else {}
    for child in part.children if level < depth else ():
        if child.children or child.macs != part.macs:
            yield level, child, same.get(child.name)
            yield from walk(child, same.get(child.name), depth, level + 1)
