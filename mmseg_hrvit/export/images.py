"""Preparing images for a graph."""

import mmcv
import numpy as np

from .metadata import Metadata


def resize(image: np.ndarray, metadata: Metadata) -> np.ndarray:
    """Resizes an image (H, W, C) as the metadata say; like mmcv's ``Resize``."""
    if metadata.scale is None:
        return image
    change = mmcv.imrescale if metadata.keep_ratio else mmcv.imresize
    return change(image, tuple(metadata.scale))


def prepare(image: np.ndarray, metadata: Metadata) -> np.ndarray:
    """Makes an input of a graph: the image, or the first of its windows.

    Args:
        image (np.ndarray): (H, W, 3), BGR, 8 bits.
        metadata (Metadata): Describes the input of the graph.

    Returns:
        np.ndarray: (1, 3, H, W), float32.
    """
    image = resize(image, metadata)
    if metadata.test_cfg.get('mode') == 'slide':
        height, width = metadata.test_cfg['crop_size']
        image = image[:height, :width]
    x = np.float32(image[..., ::-1] if metadata.rgb else image)
    if metadata.normalized:
        x = (x - np.float32(metadata.mean)) / np.float32(metadata.std)
    return np.ascontiguousarray(x.transpose(2, 0, 1)[None])
