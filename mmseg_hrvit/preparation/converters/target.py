"""Writing a data set in the layout of mmseg, with a config that trains on it.

All of it is written aside: the folder has its name when it is whole.
"""

import shutil
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from mmseg_hrvit.apis.segmenter import read_image
from mmseg_hrvit.datasets.image_files import check_image_file
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.preparation.parallel import map_parallel

from .config import find_heads, write_config
from .source import Pair, Source

JPEG = ('.jpg', '.jpeg')
# Folders at the top of a source whose images keep their split.
SPLITS = dict(
    train='train',
    training='train',
    val='val',
    valid='val',
    validation='val',
    test='test',
)


def write_dataset(
    source: Source,
    out: Path,
    base: str,
    workers: int,
    val_share: float = 0.2,
    seed: int = 0,
) -> list[str]:
    """Writes ``images/SPLIT``, ``annotations/SPLIT`` and a config.

    Args:
        source (Source): The data set.
        out (Path): Folder for it, which must not be there yet.
        base (str): Name of the shipped config to inherit.
        workers (int): Processes.
        val_share (float): Share of the images for validation, of those that are in
            no folder that says it. Defaults to 0.2.
        seed (int): Of the split. Defaults to 0.

    Returns:
        list[str]: What is wrong with each file that was left out.

    Raises:
        InputError: If the folder is there, or no data set comes of it.
    """
    if not source.pairs:
        first = f', the first one: {source.faults[0]}' if source.faults else ''
        raise InputError(f'no image with annotations was found{first}')
    if out.exists() or out.is_symlink():
        raise InputError(f'{out} is there already: give a new folder')
    heads = find_heads(base)  # a mistake in it is told before the work
    splits = choose_splits([pair.name for pair in source.pairs], val_share, seed)
    is_jpeg = all(pair.image.suffix.lower() in JPEG for pair in source.pairs)
    suffix = '.jpg' if is_jpeg else '.png'
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(
        prefix=f'.{out.name}.', dir=out.absolute().parent
    ) as folder:
        aside = Path(folder, out.name)
        write = partial(write_pair, root=aside, suffix=suffix)
        items = [(pair, splits[pair.name]) for pair in source.pairs]
        results = map_parallel(write, items, workers, 'converting')
        faults = [*source.faults, *filter(None, results)]
        check_splits(aside, faults)
        write_config(source, aside, base, heads, suffix)
        aside.replace(out)
    return faults


def choose_splits(names: Sequence[str], val_share: float, seed: int) -> dict[str, str]:
    """Chooses which images validate.

    Args:
        names (Sequence[str]): Names of the pairs.
        val_share (float): As in ``write_dataset``.
        seed (int): Of the choice.

    Returns:
        dict[str, str]: The path below ``images`` for every name.

    Raises:
        InputError: If the share is not between 0 and 1, or a path is there twice
            or leaves the folder.
    """
    if not 0 < val_share < 1:
        raise InputError(f'--val-share {val_share}: give one between 0 and 1')
    fixed, free = {}, []
    for name in sorted(names):
        if name.startswith('/') or '..' in name.split('/'):
            raise InputError(f'{name}: the path leaves the folder; give one below it')
        top, _, rest = name.partition('/')
        if rest and top.lower() in SPLITS:
            fixed[name] = f'{SPLITS[top.lower()]}/{rest}'
        else:
            free.append(name)
    count = min(max(round(val_share * len(free)), 1), len(free) - 1)
    order = np.random.default_rng(seed).permutation(len(free)).tolist()
    drawn = {free[i]: 'val' if k < count else 'train' for k, i in enumerate(order)}
    paths = {**fixed, **{name: f'{split}/{name}' for name, split in drawn.items()}}
    twice = next((p for p, n in Counter(paths.values()).items() if n > 1), None)
    if twice:
        raise InputError(f'two images would both become {twice}: rename one')
    return paths


def write_pair(item: tuple[Pair, str], root: Path, suffix: str) -> str | None:
    """Writes an image and its label map.

    Args:
        item (tuple[Pair, str]): The pair, and its path from ``choose_splits``.
        root (Path): Folder of the data set.
        suffix (str): Of all images. Files of that kind are copied as they are.

    Returns:
        str | None: What is wrong with it, if it was left out.
    """
    pair, path = item
    try:
        check_image_file(str(pair.image))
        image = read_image(pair.image)
        labels = pair.read_labels(image.shape[:2])
        if labels.shape != image.shape[:2]:
            raise DataError(
                f'{pair.image} has the size {image.shape[:2]}, but its annotation '
                f'{labels.shape}: make them equal'
            )
    except DataError as error:
        return str(error)
    image_path = root / 'images' / f'{path}{suffix}'
    label_path = root / 'annotations' / f'{path}.png'
    for written in (image_path, label_path):
        written.parent.mkdir(parents=True, exist_ok=True)
    is_same_kind = suffix == '.jpg' or pair.image.suffix.lower() == suffix
    if is_same_kind:
        shutil.copyfile(pair.image, image_path)
    else:
        save(image, image_path)
    save(labels, label_path)
    return None


def save(pixels: np.ndarray, path: Path) -> None:
    """Writes a PNG file."""
    if not cv2.imwrite(str(path), pixels):
        raise InputError(f'{path} cannot be written: make room on the disk')


def check_splits(root: Path, faults: Sequence[str]) -> None:
    """Refuses a data set that has nothing to train on, or to validate with."""
    for split in ('train', 'val'):
        if not (root / 'images' / split).is_dir():
            first = f'; the first fault: {faults[0]}' if faults else ''
            raise InputError(
                f'no image is left for {split}: give more images, or another '
                f'--val-share{first}'
            )
