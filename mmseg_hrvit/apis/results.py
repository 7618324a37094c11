"""The folder that results go to, and what of it is done."""

import json
import os
from pathlib import Path

import cv2
import numpy as np

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Metadata

from .areas import count_areas, write_areas
from .overlay import draw_overlay


class ResultFolder:
    """Overlays, label maps and areas of images, and which images are done.

    ``overlays/NAME.jpg`` and ``labels/NAME.png`` are written first and
    ``areas/NAME.json``, which says that the image is done, at last and at once: a run
    that was killed goes on with the first image that is not done.

    Args:
        root (Path): The folder.
        metadata (Metadata): Classes and palette.
        opacity (float): Of the overlays' colours, from 0 to 1.
    """

    def __init__(self, root: Path, metadata: Metadata, opacity: float) -> None:
        if not 0 <= opacity <= 1:
            raise InputError(f'opacity {opacity}: choose 0 to 1')
        self.root = root
        self.metadata = metadata
        self.opacity = opacity

    def is_done(self, name: str) -> bool:
        """Whether an image's results are there."""
        return self._areas(name).is_file()

    def write(self, name: str, image: np.ndarray, labels: np.ndarray) -> None:
        """Writes the results of an image.

        Args:
            name (str): Its path below the folder of images.
            image (np.ndarray): (H, W, 3), BGR, 8 bits.
            labels (np.ndarray): (H, W).
        """
        overlay = draw_overlay(image, labels, self.metadata, self.opacity)
        write_picture(self.root / 'overlays' / f'{name}.jpg', overlay)
        write_picture(self.root / 'labels' / f'{name}.png', labels)
        path = self._areas(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f'{path.name}.part')
        areas = count_areas(labels, self.metadata)
        unfinished.write_text(json.dumps(areas), encoding='utf-8')
        os.replace(unfinished, path)

    def write_table(self, names: list[str], path: Path) -> None:
        """Writes the areas of those of some images that are done; see ``write_areas``.

        Args:
            names (list[str]): The images.
            path (Path): The table, ``.csv`` or ``.json``.
        """
        done = [name for name in names if self.is_done(name)]
        texts = [self._areas(name).read_text(encoding='utf-8') for name in done]
        write_areas(zip(done, map(json.loads, texts), strict=True), path)

    def _areas(self, name: str) -> Path:
        return self.root / 'areas' / f'{name}.json'


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes a picture, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ok, data = cv2.imencode(path.suffix, picture)
    if not ok:
        raise InputError(f'{path}: cannot be written as {path.suffix}')
    path.write_bytes(data.tobytes())
