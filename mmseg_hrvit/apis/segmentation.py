"""The prediction of a network for an image, and a picture of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Metadata
from mmseg_hrvit.files import cannot_write, check_output

from .overlay import draw_overlay


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The prediction of a network for an image.

    Args:
        labels (np.ndarray): The class of every pixel, (H, W), uint8 or uint16.
        image (np.ndarray): The image, or a picture of its bands, (H, W, 3), BGR,
            8 bits.
        metadata (Metadata): Classes and palette.
        probabilities (np.ndarray, optional): Of each class at every pixel, float32,
            (classes, H, W), or (1, H, W) if the network has one logit.
    """

    labels: np.ndarray
    image: np.ndarray
    metadata: Metadata
    probabilities: np.ndarray | None = None

    def plot(self, opacity: float = 0.5) -> PillowImage.Image:
        """Draws the colours of the classes over the image, with a legend below.

        Args:
            opacity (float): Opacity of the colours, from 0 to 1. Defaults to 0.5.

        Returns:
            PIL.Image.Image: The picture, which notebooks show.

        Raises:
            InputError: If the opacity is out of range.
        """
        if not 0 <= opacity <= 1:
            raise InputError(f'opacity {opacity}: choose 0 to 1')
        picture = draw_overlay(self.image, self.labels, self.metadata, opacity)
        return PillowImage.fromarray(np.ascontiguousarray(picture[..., ::-1]))

    def save(self, path: str | Path, opacity: float = 0.5) -> None:
        """Writes the picture of ``plot``; creates its folder if necessary.

        Args:
            path (str | Path): The file; its suffix sets the format.
            opacity (float): As in ``plot``. Defaults to 0.5.

        Raises:
            InputError: If the suffix is not a known format, or the file cannot be
                written.
        """
        picture = self.plot(opacity)
        path = Path(path)
        check_output(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            picture.save(path)
        except ValueError as error:
            raise InputError(f'{path}: {error}; use .png or .jpg') from error
        except OSError as error:
            raise cannot_write(path, error) from error
