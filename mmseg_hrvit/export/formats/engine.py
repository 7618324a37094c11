"""A graph loaded into an engine, ready to run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmseg_hrvit.errors import InputError

from ..metadata import Metadata


@dataclass(frozen=True)
class Engine:
    """A loaded file.

    Args:
        run (Callable[[np.ndarray], np.ndarray]): From images (B, C, H, W), float32,
            to the graph's output.
        metadata (Metadata): The metadata of the file.
    """

    run: Callable[[np.ndarray], np.ndarray]
    metadata: Metadata


def check_shape(shape: Sequence[object], metadata: Metadata, path: Path) -> None:
    """Refuses a file whose graph takes other images than its metadata say.

    Args:
        shape (Sequence[object]): Shape of the graph's input, (B, C, H, W). What is no
            positive whole number is free.
        metadata (Metadata): The metadata.
        path (Path): The file.

    Raises:
        InputError: If they differ in channels, height or width.
    """
    takes = [x if isinstance(x, int) and x > 0 else 'any' for x in shape[1:]]
    told = [len(metadata.mean), *(metadata.size or ('any', 'any'))]
    if any(x not in ('any', y) for x, y in zip(takes, told, strict=True)):
        raise InputError(
            f'{path}: its metadata describe images of {" x ".join(map(str, told))} '
            f'(C, H, W), but its graph takes {" x ".join(map(str, takes))}: export it '
            'again'
        )
