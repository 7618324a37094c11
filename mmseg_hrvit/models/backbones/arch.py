"""The variants of HRViT (Table 2), and reading your own."""

from collections.abc import Sequence
from typing import NamedTuple

from mmseg_hrvit.errors import InputError

from ..checks import check_size, check_wholes

MAX_BRANCHES = 8  # the paper has 4; a path between the outer ones has kernel 2^7 + 1
# `depths` has a row a module, with the number of blocks of each of its branches.
ARCHS = dict(
    b1=dict(
        channels=(32, 64, 128, 256),
        depths=((1,), (1, 1), (1, 1, 6), (1, 1, 6), (1, 1, 6, 2), (1, 1, 2, 2)),
        window_sizes=(1, 2, 7, 7),
        mlp_ratios=(4, 4, 4, 4),
        head_dims=(16, 32, 32, 32),
    ),
    b2=dict(
        channels=(48, 96, 240, 384),
        depths=((1,), (1, 1), (1, 1, 6), (1, 1, 6), (1, 1, 6, 2), (1, 1, 6, 2)),
        window_sizes=(1, 2, 7, 7),
        mlp_ratios=(2, 3, 3, 3),
        head_dims=(24, 24, 24, 24),
    ),
    b3=dict(
        channels=(64, 128, 256, 512),
        depths=((1,), (1, 1), (1, 1, 6), (1, 1, 6), (1, 1, 6, 3), (1, 1, 6, 3)),
        window_sizes=(1, 2, 7, 7),
        mlp_ratios=(2, 2, 2, 2),
        head_dims=(32, 32, 32, 32),
    ),
)


class BranchSpec(NamedTuple):
    """The sizes of one branch: its column of Table 2.

    Args:
        channels (int): Channels C.
        window_size (int): Window size s, in tokens.
        mlp_ratio (int): MixCFN's expansion ratio r.
        head_dim (int): Channels of a head, d_k.
    """

    channels: int
    window_size: int
    mlp_ratio: int
    head_dim: int


def read_arch(
    arch: str | dict,
    window_sizes: Sequence[int] | None = None,
    depths: Sequence[Sequence[int]] | None = None,
) -> tuple[list[BranchSpec], list[tuple[int, ...]]]:
    """Reads a variant.

    Args:
        arch (str | dict): A name of ``ARCHS``, or a dict with the same keys.
        window_sizes (Sequence[int], optional): Replaces that of the variant.
        depths (Sequence[Sequence[int]], optional): Replaces that of the variant.

    Returns:
        tuple[list[BranchSpec], list[tuple[int, ...]]]: The branches, and for each
        module the blocks of its branches.

    Raises:
        InputError: If the variant is unknown, its parts do not fit together, or it
            would be too large.
    """
    arch = ARCHS.get(arch, arch) if isinstance(arch, str) else arch
    keys = list(ARCHS['b1'])
    if not isinstance(arch, dict):
        raise InputError(
            f'arch={arch!r} is unknown: choose one of {", ".join(ARCHS)}, or give a '
            f'dict with {", ".join(keys)}'
        )
    if set(arch) != set(keys):
        raise InputError(
            f'arch needs the keys {", ".join(keys)}; got {", ".join(arch)}'
        )
    overrides = dict(window_sizes=window_sizes, depths=depths)
    arch = {**arch, **{k: v for k, v in overrides.items() if v is not None}}
    channels = arch['channels']
    if not isinstance(channels, list | tuple) or not 0 < len(channels) <= MAX_BRANCHES:
        raise InputError(
            f'channels={channels!r} of the arch: give 1 to {MAX_BRANCHES} numbers, one '
            'a branch'
        )
    for key in keys:
        if key != 'depths':
            check_wholes(f'{key} of the arch', arch[key], len(channels), 'branch')
    check_depths(arch['depths'], len(channels))
    columns = zip(*(arch[key] for key in keys if key != 'depths'), strict=True)
    specs = [BranchSpec(*sizes) for sizes in columns]
    depths = [tuple(blocks) for blocks in arch['depths']]
    check_size(count_weights(specs, depths))
    return specs, depths


def check_depths(depths: object, num_branches: int) -> None:
    """Raises InputError unless modules add branches one by one, each with blocks."""
    is_table = isinstance(depths, list | tuple) and len(depths) > 0
    if not is_table or not all(isinstance(blocks, list | tuple) for blocks in depths):
        raise InputError(
            f'depths={depths!r} of the arch: give a row for each module, with the '
            'blocks of each of its branches'
        )
    counts = [len(blocks) for blocks in depths]
    grows = all(b - a in (0, 1) for a, b in zip([0, *counts], counts, strict=False))
    if not grows or counts[-1] != num_branches or counts[0] != 1:
        raise InputError(
            f'depths of the arch has rows of {counts} branches: start with 1, add at '
            f'most one a module, and end with {num_branches}'
        )
    for blocks in depths:
        check_wholes('a row of depths of the arch', blocks, len(blocks), 'branch')


def count_weights(specs: Sequence[BranchSpec], depths: Sequence[Sequence[int]]) -> int:
    """Counts the weights of the blocks' linear layers, which are most of a network."""
    return sum(
        count * (3 + 2 * spec.mlp_ratio) * spec.channels**2
        for blocks in depths
        for spec, count in zip(specs, blocks, strict=False)
    )
