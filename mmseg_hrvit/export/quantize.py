"""Static quantisation to 8 bits, with NNCF."""

import logging
from collections.abc import Sequence
from typing import TypeVar

import nncf
import numpy as np

from mmseg_hrvit.errors import InputError

T = TypeVar('T')


def quantize(
    model: T,
    images: Sequence[np.ndarray],
    input_name: str | None = None,
    in_float: Sequence[str] = (),
) -> T:
    """Quantises weights and activations; images show their ranges.

    Args:
        model (T): An OpenVINO or an ONNX model.
        images (Sequence[np.ndarray]): Inputs of the model, each (B, C, H, W).
        input_name (str, optional): The input's name, where the engine wants it.
        in_float (Sequence[str]): Names of nodes that stay in float. Defaults to ().

    Returns:
        T: The quantised model.

    Raises:
        InputError: If there is no image.
    """
    if not images:
        raise InputError('int8 is calibrated on images: give --images FOLDER')
    inputs = [{input_name: x} for x in images] if input_name else list(images)
    nncf.set_log_level(logging.WARNING)  # else a line for every node left in float
    return nncf.quantize(
        model,
        nncf.Dataset(inputs),
        subset_size=len(inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        ignored_scope=nncf.IgnoredScope(names=[*in_float]),
    )
