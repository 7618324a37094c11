"""Drawn textures, one folder for each class: data to try classification with."""

from colorsys import hsv_to_rgb
from pathlib import Path

import numpy as np
from numpy import cos, hypot, maximum, sin
from PIL import Image

from mmseg_hrvit.errors import InputError

# Where ink lies at the coordinates (x, y). Mirror images are of the same class.
TEXTURES = dict(
    checks=lambda x, y: sin(x) * sin(y) > 0,
    columns=lambda x, y: sin(x) > 0,
    diamonds=lambda x, y: sin(x) + sin(y) > 0,
    dots=lambda x, y: sin(x) + sin(y) > 1,
    eyes=lambda x, y: cos(2 * hypot(x % 6 - 3, y % 6 - 3)) > 0,
    grid=lambda x, y: maximum(sin(x), sin(y)) > 0.8,
    plain=lambda x, y: x > np.inf,
    rings=lambda x, y: sin(hypot(x, y)) > 0,
    rows=lambda x, y: sin(y) > 0,
    waves=lambda x, y: sin(2 * y + 2 * sin(x)) > 0,
)


def draw_dataset(
    root: str | Path, train: int, val: int, size: int = 128, seed: int = 0
) -> None:
    """Draws ``train/TEXTURE/*.jpg`` and ``val/TEXTURE/*.jpg``.

    Args:
        root (str or Path): Folder for the data set.
        train (int): Training images of each texture.
        val (int): Validation images of each texture; none is a training image.
        size (int): Height and width in pixels. Defaults to 128.
        seed (int): The same seed gives the same data set. Defaults to 0.

    Raises:
        InputError: The folder has other folders, which training would read as classes.
    """
    splits = dict(train=train, val=val)
    for path in (p for split in splits for p in Path(root, split).glob('*')):
        if path.name not in TEXTURES:
            raise InputError(f'{path} is not of this data set: give an empty folder')
    for number, (split, count) in enumerate(splits.items()):
        for label, texture in enumerate(TEXTURES):
            folder = Path(root, split, texture)
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(count):
                image = draw_texture(texture, (seed, number, label, i), size)
                image.save(folder / f'{i:04d}.jpg', quality=92)


def draw_texture(
    texture: str, seed: int | tuple[int, ...], size: int = 128
) -> Image.Image:
    """Draws a texture, of random scale, place and lightness, and of its own hue.

    Args:
        texture (str): A key of ``TEXTURES``.
        seed (int or tuple[int, ...]): The same seed gives the same image.
        size (int): Height and width in pixels. Defaults to 128.

    Returns:
        Image.Image: The image.
    """
    rng = np.random.default_rng(seed)
    steps = np.linspace(0, rng.uniform(25, 50), size)
    x, y = np.meshgrid(*(steps + shift for shift in rng.uniform(-30, 0, 2)))
    hue = (list(TEXTURES).index(texture) / len(TEXTURES) + rng.normal(0, 0.01)) % 1
    ink = hsv_to_rgb(hue, rng.uniform(0.7, 1.0), rng.uniform(0.5, 0.9))
    paper = hsv_to_rgb(hue, rng.uniform(0.1, 0.3), rng.uniform(0.7, 1.0))
    image = 255 * np.where(TEXTURES[texture](x, y)[..., None], ink, paper)
    image += rng.normal(0, 12, image.shape)
    return Image.fromarray(image.clip(0, 255).astype(np.uint8))
