"""Comparing a file with the network that it was written from."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from .formats import Engine

Function = Callable[[Tensor], Tensor]

TOLERANCE = 1e-4
# Of files for images of any size: odd ones, and last windows of different heights.
SIZES = ((64, 64), (33, 97), (161, 255), (226, 130))


def largest_difference(
    engine: Engine, reference: Function, batches: Iterable[np.ndarray]
) -> float:
    """Runs both on the same images.

    Args:
        engine (Engine): The file.
        reference (Callable[[Tensor], Tensor]): The network in torch.
        batches (Iterable[np.ndarray]): Images, each (B, C, H, W).

    Returns:
        float: The largest difference of outputs divided by the largest output; for
        labels, the largest share that differs. The worst of all batches. NaN if one
        of the outputs has NaN.
    """
    differences = []
    for images in batches:
        actual, expected = engine.run(images), run_graph(reference, images)
        if engine.metadata.output == 'labels':
            difference = (actual != expected).mean()
        else:
            difference = relative_difference(actual, expected)
        differences.append(float(difference))
    return float(np.max(differences))  # NaN, if one of them is


def relative_difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """Returns the largest difference, divided by the largest expected value."""
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def label_agreement(
    engine: Engine, reference: Function, batches: Iterable[np.ndarray]
) -> float:
    """Returns the share of pixels to which file and network give the same label."""
    shares = [
        to_labels(engine.run(images)) == to_labels(run_graph(reference, images))
        for images in batches
    ]
    return float(np.mean([share.mean() for share in shares]))


def to_labels(output: np.ndarray) -> np.ndarray:
    """Converts any output of a graph to labels; for one logit, its sign decides."""
    if output.ndim == 3:
        return output
    return output[:, 0] > 0 if output.shape[1] == 1 else output.argmax(1)


def run_graph(reference: Function, images: np.ndarray) -> np.ndarray:
    """Runs a network in torch."""
    with torch.inference_mode():
        return reference(torch.from_numpy(images)).numpy()


def random_batches(
    size: Sequence[int] | None, channels: int, normalized: bool
) -> list[np.ndarray]:
    """Draws images to compare on.

    Args:
        size (Sequence[int], optional): Height and width; None: those of ``SIZES``.
        channels (int): Channels of an image.
        normalized (bool): Whether values are normalised, or from 0 to 255.

    Returns:
        list[np.ndarray]: Batches of one and of two images.
    """
    rng = np.random.default_rng(0)
    batches = []
    for i, (height, width) in enumerate([size, size] if size else SIZES):
        x = rng.standard_normal((1 + i % 2, channels, height, width), np.float32)
        batches.append(x if normalized else (x * 64 + 128).clip(0, 255))
    return batches
