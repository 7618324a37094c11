"""A graph loaded into an engine, ready to run."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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
