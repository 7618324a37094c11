"""Borders between labels, which show if the numbers have been interpolated.

Where somebody resizes a label map with interpolation, or stores it as JPEG, a border
between two classes passes through the numbers between theirs: valid labels, but wrong.
"""

from dataclasses import dataclass

import numpy as np

from .check_labels import IGNORED

VALUES = 256
MAX_SHARE = 0.2  # label maps as annotated have below 0.06, interpolated ones above 0.23
NOISE = 0.4  # of the pairs of neighbours differ: there are no areas of one class
LINE = 0.5  # of a label's pixels: it is drawn as a line, such as the outline of cells


@dataclass(frozen=True)
class Borders:
    """How labels differ between neighbours in rows and columns.

    Args:
        pairs (int): Pairs of neighbours.
        changes (int): Pairs with two labels.
        jumps (int): Pairs whose labels differ by more than 1.
        between (np.ndarray): (256,), how often a pixel of every label is between a
            lower and a higher one.
    """

    pairs: int
    changes: int
    jumps: int
    between: np.ndarray

    def __add__(self, other: 'Borders') -> 'Borders':
        """Adds the counts of two label maps."""
        mine, others = vars(self), vars(other)
        return Borders(**{key: mine[key] + others[key] for key in mine})

    def look_interpolated(self, pixels: np.ndarray) -> bool:
        """Whether too many borders pass through other labels.

        Args:
            pixels (np.ndarray): (256,), pixels of every label in the label maps.
        """
        between = self.between.copy()
        most = between.argmax()
        if between[most] > LINE * pixels[most]:
            between[most] = 0
        passed = between.sum()
        is_noise = self.changes > NOISE * self.pairs
        is_high = passed > MAX_SHARE * (self.jumps + passed)
        return bool(is_high) and not is_noise


def count_borders(labels: np.ndarray) -> Borders:
    """Counts how the labels of neighbours differ; ignored pixels have no borders.

    Args:
        labels (np.ndarray): (H, W), 8 bits.

    Returns:
        Borders: The counts.
    """
    return count_rows(labels) + count_rows(labels.T)


def count_rows(labels: np.ndarray) -> Borders:
    """Counts how neighbours along rows differ."""
    is_known = labels != IGNORED
    left, right = labels[:, :-1], labels[:, 1:]
    both = is_known[:, :-1] & is_known[:, 1:]
    rises, falls = (left < right) & both, (left > right) & both
    jumps = both & (np.maximum(left, right) - np.minimum(left, right) > 1)
    passes = rises[:, :-1] & rises[:, 1:] | falls[:, :-1] & falls[:, 1:]
    between = np.bincount(labels[:, 1:-1][passes], minlength=VALUES)
    counts = [int(pairs.sum()) for pairs in (both, rises | falls, jumps)]
    return Borders(*counts, between)
