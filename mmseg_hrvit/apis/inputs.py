"""What counts as an image input, and how it becomes an array."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import mmcv
import numpy as np
import torch
from PIL import Image as PillowImage
from PIL import ImageOps

from mmseg_hrvit.datasets.image_files import check_image_file, unreadable
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.export import Metadata
from mmseg_hrvit.rasters.reading import Raster

ChannelOrder = Literal['bgr', 'rgb']
ImageInput = str | Path | np.ndarray | torch.Tensor | PillowImage.Image
SINGLE = (str, Path, np.ndarray, torch.Tensor, PillowImage.Image)
HINT = 'give one image as (H, W, 3) of 8 bits, and several as a list'


def to_bgr(image: ImageInput, channel_order: ChannelOrder) -> np.ndarray:
    """Converts an image input to an array.

    Args:
        image (ImageInput): A path, an array (H, W, 3), a tensor (3, H, W), or a
            picture of Pillow. Arrays and tensors have 8 bits.
        channel_order (str): 'bgr' or 'rgb', of arrays and tensors.

    Returns:
        np.ndarray: (H, W, 3), BGR, 8 bits.

    Raises:
        InputError: If it has another type or shape.
        DataError: If a file cannot be read.
    """
    if channel_order not in ('bgr', 'rgb'):
        raise InputError(f"channel_order={channel_order!r}: choose 'bgr' or 'rgb'")
    if isinstance(image, str | Path):
        return read_image(image)
    if isinstance(image, PillowImage.Image):
        return pillow_to_array(image)
    if isinstance(image, torch.Tensor):
        array = tensor_to_array(image)
    elif isinstance(image, np.ndarray):
        array = image
    else:
        raise InputError(
            f'an image cannot be of type {type(image).__name__}: {HINT}, or a path'
        )
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise InputError(f'an array of the shape {array.shape} is not an image: {HINT}')
    if array.dtype != np.uint8:
        raise InputError(f'an array of {array.dtype} is not an image: {HINT}, 0 to 255')
    return array if channel_order == 'bgr' else np.ascontiguousarray(array[..., ::-1])


def to_bands(image: ImageInput, metadata: Metadata) -> np.ndarray:
    """Converts the input of a network for rasters to an array.

    Args:
        image (str | Path | np.ndarray): A raster file, or (H, W, bands), of 8 bits or
            float32.
        metadata (Metadata): Of the network: its bands.

    Returns:
        np.ndarray: (H, W, bands).

    Raises:
        InputError: If it is something else, or has other bands.
        DataError: If the file cannot be read.
    """
    if isinstance(image, str | Path):
        with Raster(image, metadata.bands, metadata.fill) as raster:
            return raster.read(*raster.whole)[0]
    count = len(metadata.bands)
    shape = getattr(image, 'shape', ())
    if (
        len(shape) != 3
        or shape[2] != count
        or image.dtype not in (np.uint8, np.float32)
    ):
        raise InputError(
            f'the network takes {count} bands: give a raster file, or arrays (H, W, '
            f'{count}) of uint8 or float32'
        )
    return image


def pillow_to_array(picture: PillowImage.Image) -> np.ndarray:
    """Turns a picture of Pillow into an array (H, W, 3), BGR."""
    if picture.mode.startswith(('I', 'F')):
        raise InputError(
            f'a picture of the mode {picture.mode} is not one of 8 bits: give its '
            'file, or an array'
        )
    try:
        upright = ImageOps.exif_transpose(picture).convert('RGB')
    except (OSError, ValueError) as error:  # truncated, or closed
        raise DataError(f'a picture of Pillow cannot be read ({error})') from error
    return np.ascontiguousarray(np.asarray(upright)[..., ::-1])


def tensor_to_array(tensor: torch.Tensor) -> np.ndarray:
    """Turns a tensor (3, H, W) into an array (H, W, 3)."""
    if tensor.ndim != 3 or tensor.shape[0] != 3:
        raise InputError(
            f'a tensor of the shape {tuple(tensor.shape)} is not an image: give one as '
            '(3, H, W) of 8 bits, and several as a list'
        )
    return tensor.detach().cpu().permute(1, 2, 0).contiguous().numpy()


def read_image(path: str | Path) -> np.ndarray:
    """Reads an image file.

    Args:
        path (str | Path): The file.

    Returns:
        np.ndarray: (H, W, 3), BGR, 8 bits.

    Raises:
        DataError: If there is no such file, or it would be read as something else.
    """
    check_image_file(str(path))
    try:
        image = mmcv.imread(str(path))
    except FileNotFoundError as error:
        raise DataError(f'{path}: there is no such file') from error
    except Exception as error:  # decoders raise of many kinds
        raise unreadable(str(path), error) from error
    if image is None:
        raise unreadable(str(path), OSError('OpenCV does not know its format'))
    return image


def read_images(paths: Iterable[str | Path]) -> Iterable[np.ndarray]:
    """Reads image files one by one; like ``read_image``."""
    return map(read_image, paths)
