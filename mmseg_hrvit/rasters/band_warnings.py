"""Warnings about the values of bands, with the likely cause."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .band_values import BandValues, Statistics, join

# Values that often mean no data, and a number larger than any measurement.
FILLS = (-9999, -99999, -32768, -32767)
HUGE = 1e30
WHITE = 65535
GAP = 0.1  # of the range of all other values: closer ones may be measurements
# Largest factor between standard deviations, and largest distance of means in standard
# deviations: between two splits (stricter if their types differ), and from the config.
# Mixed-up units differ by more, landscapes by less.
LIMITS, STRICT_LIMITS = (50, 10), (4, 3)
CONFIG_LIMITS = (20, 5)


def find_band_warnings(
    found: Mapping[str, Sequence[BandValues]],
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
) -> dict[str, list[str]]:
    """Finds values that are probably mistakes.

    Args:
        found (Mapping[str, Sequence[BandValues]]): For each split, the values of its
            crops.
        mean (Sequence[float], optional): The config's.
        std (Sequence[float], optional): The config's.

    Returns:
        dict[str, list[str]]: For each split, one line each: only the worst, which
        causes the others.
    """
    joined = {split: join(parts) for split, parts in found.items()}
    joined = {split: values for split, values in joined.items() if values}
    first = next(iter(joined), None)
    warnings = {split: [] for split in found}
    for split, values in joined.items():
        lines = [*find_fills(found[split]), *find_other_units(found[split])]
        if split == first:
            is_sound = not lines  # so others can be compared with it
        if not lines and split != first:
            lines = [*compare(values, joined[first], first)] if is_sound else []
        elif not lines and mean is not None and len(mean) == len(values.kinds):
            lines = [*check_scale(values, np.array(mean), np.array(std))]
        warnings[split] = [f'{split}: {line}' for line in lines[:1]]
    return warnings


def find_fills(parts: Sequence[BandValues]) -> Iterator[str]:
    """Yields where a value looks like one for pixels without data."""
    whole = join(parts)
    for k, (kind, *_) in enumerate(whole.kinds):
        low, high = whole.least[:, k], whole.largest[:, k]
        for ends, other in ((low, high[0]), (high, low[0])):
            if not is_fill(*ends, other, kind):
                continue
            value = ends[0]
            path = next(
                part.path
                for part in parts
                if part.least is not None
                and value in (part.least[0, k], part.largest[0, k])
            )
            rest = sorted((ends[1], other))
            yield (
                f'band {k + 1} of {path} has the value {value:.8g}, and all others are '
                f'{rest[0]:g} to {rest[1]:g}: if it means no data, declare it '
                f'(`gdal_edit.py -a_nodata {value:.8g}`)'
            )


def is_fill(value: float, nearest: float, other: float, kind: str) -> bool:
    """Whether the smallest or largest value looks like one for no data.

    Args:
        value (float): The value.
        nearest (float): The one next to it.
        other (float): The one at the other end.
        kind (str): The type.
    """
    gap, span = abs(value - nearest), abs(nearest - other)
    if value in FILLS:
        return gap > GAP * span
    if value == WHITE and kind == 'uint16':  # which may also be overexposed
        return gap > span > 0
    return abs(value) >= HUGE


def find_other_units(parts: Sequence[BandValues]) -> Iterator[str]:
    """Yields where rasters of a split have other scales or offsets than the first."""
    yield from (line for part in parts[1:] for line in compare_units(part, parts[0]))


def compare_units(values: BandValues, reference: BandValues) -> Iterator[str]:
    """Yields where scale or offset of a band differ between two rasters."""
    pairs = zip(values.kinds, reference.kinds, strict=False)
    for k, ((_, *units), (_, *expected)) in enumerate(pairs, 1):
        if units != expected:
            yield (
                f'band {k} of {values.path} has scale {units[0]:g} and offset '
                f'{units[1]:g}, but that of {reference.path} has {expected[0]:g} and '
                f'{expected[1]:g}; the stored values are read: give all rasters the '
                'same units'
            )
            return


def compare(values: BandValues, reference: BandValues, split: str) -> Iterator[str]:
    """Yields where the values of a split are in other units than those of the first."""
    yield from compare_units(values, reference)
    for k, (mine, other) in enumerate(zip(values.kinds, reference.kinds, strict=False)):
        limits = LIMITS if mine[0] == other[0] else STRICT_LIMITS
        base = reference.statistics
        unit = np.maximum(base.std, values.statistics.std)
        if is_apart(values.statistics, base.mean, base.std, unit, k, limits):
            yield (
                f'band {k + 1} has {describe(values, k)}, but {describe(reference, k)} '
                f'in {split}: give all splits the same units'
            )
            return


def check_scale(values: BandValues, mean: np.ndarray, std: np.ndarray) -> Iterator[str]:
    """Yields where mean and std of the config do not fit the values."""
    for k in range(len(values.kinds)):
        if is_apart(values.statistics, mean, std, std, k, CONFIG_LIMITS):
            found = values.statistics
            yield (
                f'band {k + 1} has {describe(values, k)}, with mean {found.mean[k]:.4g}'
                f' and std {found.std[k]:.4g}, but data_preprocessor has {mean[k]:g} '
                f'and {std[k]:g}: measure them with `hrvit band-statistics`'
            )
            return


def is_apart(
    found: Statistics,
    mean: np.ndarray,
    std: np.ndarray,
    unit: np.ndarray,
    k: int,
    limits: tuple[float, float],
) -> bool:
    """Whether the values of a band are of another scale, or far away.

    Args:
        found (Statistics): The values.
        mean (np.ndarray): Where they are expected, (C,).
        std (np.ndarray): Their expected standard deviation, (C,).
        unit (np.ndarray): In what the distance from there is measured, (C,).
        k (int): The band, from 0.
        limits (tuple[float, float]): The largest factor and distance.
    """
    if found.std[k] == 0 or std[k] == 0:
        return False
    factor, distance = limits
    is_far = abs(found.mean[k] - mean[k]) > distance * unit[k]
    return is_far or not 1 / factor < found.std[k] / std[k] < factor


def describe(values: BandValues, k: int) -> str:
    """Describes type and range of a band."""
    return f'{values.kinds[k][0]} {values.least[0, k]:g} to {values.largest[0, k]:g}'
