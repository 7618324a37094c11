"""The variants of HRViT (Table 2), and reading one's own."""

from collections.abc import Sequence

from mmseg_hrvit.errors import InputError

from ..layers import BranchSpec

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


def read_arch(
    arch: str | dict,
    window_sizes: Sequence[int] | None = None,
    depths: Sequence[Sequence[int]] | None = None,
) -> tuple[list[BranchSpec], list[tuple[int, ...]]]:
    """Reads a variant.

    Args:
        arch (str | dict): A name of ``ARCHS``, or a dict with the same keys.
        window_sizes (Sequence[int], optional): In place of the variant's.
        depths (Sequence[Sequence[int]], optional): In place of the variant's.

    Returns:
        tuple[list[BranchSpec], list[tuple[int, ...]]]: The branches, and for each
        module the blocks of its branches.

    Raises:
        InputError: If the variant is unknown or its parts do not fit together.
    """
    if isinstance(arch, str):
        if arch not in ARCHS:
            raise InputError(
                f"arch='{arch}' is unknown: choose one of {', '.join(ARCHS)}, or give "
                f'a dict with {", ".join(ARCHS["b1"])}'
            )
        arch = ARCHS[arch]
    check_keys(arch)
    overrides = dict(window_sizes=window_sizes, depths=depths)
    arch = {**arch, **{k: v for k, v in overrides.items() if v is not None}}
    check_branches(arch)
    check_depths(arch['depths'], len(arch['channels']))
    specs = [
        BranchSpec(*sizes)
        for sizes in zip(
            arch['channels'],
            arch['window_sizes'],
            arch['mlp_ratios'],
            arch['head_dims'],
            strict=True,
        )
    ]
    return specs, [tuple(blocks) for blocks in arch['depths']]


def check_keys(arch: dict) -> None:
    """Raises InputError if ``arch`` lacks a key of ``ARCHS`` or has another."""
    if set(arch) != set(ARCHS['b1']):
        raise InputError(
            f'arch needs the keys {", ".join(ARCHS["b1"])}; got {", ".join(arch)}'
        )


def check_branches(arch: dict) -> None:
    """Raises InputError unless each branch has positive whole sizes."""
    num_branches = len(arch['channels'])
    for key in ('channels', 'window_sizes', 'mlp_ratios', 'head_dims'):
        sizes = arch[key]
        if len(sizes) != num_branches or not all_positive(sizes):
            raise InputError(
                f'{key}={tuple(sizes)} of the arch: give {num_branches} positive '
                'whole numbers, one a branch'
            )


def check_depths(depths: Sequence[Sequence[int]], num_branches: int) -> None:
    """Raises InputError unless branches are added one by one, each with blocks."""
    counts = [len(blocks) for blocks in depths]
    grows = all(b - a in (0, 1) for a, b in zip([0, *counts], counts, strict=False))
    if not grows or counts[-1:] != [num_branches] or counts[:1] != [1]:
        raise InputError(
            f'depths of the arch has rows of {counts} branches: start with 1, add at '
            f'most one a module, and end with {num_branches}'
        )
    if not all(all_positive(blocks) for blocks in depths):
        raise InputError('depths of the arch: every branch needs 1 block or more')


def all_positive(values: Sequence[int]) -> bool:
    """Whether all values are whole numbers above zero."""
    return all(isinstance(value, int) and value > 0 for value in values)
