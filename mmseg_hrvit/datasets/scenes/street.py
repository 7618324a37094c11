"""Scenes and data sets: where things stand in a street, and where files go."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from mmseg_hrvit.errors import InputError

from . import things
from .scene import Scene

Thing = tuple[Callable, tuple]  # function that draws it, (x, z, ...)


def draw_scene(
    seed: int | tuple[int, ...], height: int = 128, width: int = 192
) -> tuple[Image.Image, Image.Image]:
    """Draws one street scene.

    Args:
        seed (int or tuple[int, ...]): The same seed gives the same scene.
        height (int): Height in pixels. Default: 128.
        width (int): Width in pixels. Default: 192.

    Returns:
        tuple[Image.Image, Image.Image]: The RGB image and the label map (mode L):
        0 for unlabelled pixels, k + 1 for class k of ``CLASSES``.
    """
    rng = np.random.default_rng(seed)
    scene = Scene(height, width, rng)
    things.draw_sky(scene)
    if rng.random() < 0.3:
        things.draw_balloon(scene)
    things.draw_skyline(scene)
    lane, pavement = rng.uniform(2.8, 4.0), rng.uniform(1.8, 3.2)
    middle = rng.uniform(-2.0, 2.0)  # of the road, seen from the camera
    things.draw_ground(scene, (middle - lane, middle + lane), pavement)
    standing = [
        thing
        for side in (-1, 1)
        for thing in furnish(rng, middle, side, lane, pavement)
    ]
    # What is near hides what is far.
    for draw, place in sorted(standing, key=lambda thing: -thing[1][1]):
        draw(scene, *place)
    return scene.finish()


def furnish(
    rng: np.random.Generator, middle: float, side: int, lane: float, pavement: float
) -> list[Thing]:
    """Places all things on one side of the street.

    Args:
        rng (np.random.Generator): Source of all randomness.
        middle (float): x of the middle of the road.
        side (int): -1 for the left side, 1 for the right side.
        lane (float): Width of a lane.
        pavement (float): Width of the pavement.

    Returns:
        list[tuple[Callable, tuple]]: Function that draws a thing, and its place.
    """
    kerb = middle + side * lane
    standing = furnish_plots(rng, kerb + side * pavement, side)
    coming = side < 0
    for z in rng.uniform(5, 45, rng.integers(1, 4)):
        x = middle + side * lane / 2 + rng.normal(0, 0.2)
        standing.append((things.draw_car, (x, z, coming)))
    if rng.random() < 0.3:
        for z in rng.choice(np.arange(6, 40, 5), rng.integers(1, 5), replace=False):
            standing.append((things.draw_car, (kerb - side * 0.7, z, coming)))
    for draw, most, offsets in (
        (things.draw_tree, 4, (0.4, 0.6)),
        (things.draw_sign, 2, (0.2, 0.5)),
        (things.draw_person, 7, (0.3, pavement - 0.3)),
        (things.draw_person, 1, (-3.0, 0.0)),
    ):
        # Even in 1 / z, hence in size.
        for z in 4 / rng.uniform(0.18, 1.0, rng.integers(most + 1)):
            standing.append((draw, (kerb + side * rng.uniform(*offsets), z)))
    return standing


def furnish_plots(rng: np.random.Generator, line: float, side: int) -> list[Thing]:
    """Places houses, and here and there a garden with trees, beyond the pavement.

    Args:
        rng (np.random.Generator): Source of all randomness.
        line (float): x at which the pavement ends.
        side (int): -1 for the left side, 1 for the right side.

    Returns:
        list[tuple[Callable, tuple]]: Function that draws a thing, and its place.
    """
    standing = []
    if rng.random() < 0.35:
        line += 3.0 * side  # lawns before the houses
    z = rng.uniform(2, 5)
    while z < 80:
        depth = rng.uniform(6, 13)
        if rng.random() < 0.78:
            standing.append((things.draw_building, (line, z + depth, depth, side)))
        else:
            for dx, dz in rng.uniform((1, 0), (7, depth), (3, 2)):
                standing.append((things.draw_tree, (line + side * dx, z + dz)))
        z += depth
    return standing


def draw_dataset(
    root: str | Path,
    train: int,
    val: int,
    height: int = 128,
    width: int = 192,
    seed: int = 0,
) -> None:
    """Draws a data set in the folder layout and with the labels of ADE20K.

    Args:
        root (str or Path): Folder for ``images/{training,validation}/*.jpg`` and
            ``annotations/{training,validation}/*.png``.
        train (int): Number of training images.
        val (int): Number of validation images; none is a training image.
        height (int): Height in pixels. Default: 128.
        width (int): Width in pixels. Default: 192.
        seed (int): The same seed gives the same data set. Default: 0.

    Raises:
        InputError: The folder has other files, which training would read as scenes.
    """
    images, annotations = Path(root, 'images'), Path(root, 'annotations')
    scenes = {
        f'{split}/scene_{index:04d}': (seed, number, index)
        for number, (split, count) in enumerate(
            [('training', train), ('validation', val)]
        )
        for index in range(count)
    }
    for folder, suffix in ((images, 'jpg'), (annotations, 'png')):
        for path in folder.glob(f'*/*.{suffix}'):
            if f'{path.parent.name}/{path.stem}' not in scenes:
                raise InputError(
                    f'{path} is not of this data set: give an empty folder.'
                )
        for split in ('training', 'validation'):
            (folder / split).mkdir(parents=True, exist_ok=True)
    for name, scene_seed in scenes.items():
        image, labels = draw_scene(scene_seed, height, width)
        image.save(images / f'{name}.jpg', quality=92)
        labels.save(annotations / f'{name}.png')
