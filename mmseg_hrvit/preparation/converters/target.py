"""Writing a data set in the layout of mmseg, with a config that trains on it.

Everything is written to a temporary folder first, so the folder is complete when it
appears.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mmseg_hrvit.apis.inputs import read_image
from mmseg_hrvit.apis.picture_files import encode_picture
from mmseg_hrvit.datasets.image_files import find_hidden_turn, read_checked
from mmseg_hrvit.datasets.image_header import Header
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.preparation.parallel import map_parallel
from mmseg_hrvit.words import number_of

from .config import find_heads, write_config
from .orientation import read_upright
from .source import Pair, Source

JPEG = ('.jpg', '.jpeg', '.jpe', '.jfif')
# Folders whose images keep their split; a year may follow.
SPLITS = dict(
    train='train',
    training='train',
    val='val',
    valid='val',
    validation='val',
    test='test',
    testing='test',
)
YEAR = re.compile(r'\d{4}$')


@dataclass(frozen=True)
class Written:
    """The result for a pair.

    Args:
        split (str): 'train', 'val' or 'test'.
        labels (Sequence[int]): The labels that occur in it.
        fault (str, optional): Why it was skipped; None: it was written.
        turn (str, optional): What is uncertain about its orientation.
    """

    split: str
    labels: Sequence[int] = ()
    fault: str | None = None
    turn: str | None = None


@dataclass(frozen=True)
class Report:
    """The result for a data set.

    Args:
        classes (Sequence[str]): Names of the classes.
        pairs (Sequence[Written]): The result for each pair.
        faults (Sequence[str]): What is wrong with each skipped file.
        notes (Sequence[str]): What else is worth knowing.
        warnings (Sequence[str]): What may be wrong with the pairs that were written.
    """

    classes: Sequence[str]
    pairs: Sequence[Written]
    faults: Sequence[str]
    notes: Sequence[str]
    warnings: Sequence[str]

    def describe(self) -> Iterator[str]:
        """Yields lines: how many pairs of each split, and images of each class."""
        written = [pair for pair in self.pairs if pair.fault is None]
        splits = Counter(pair.split for pair in written)
        parts = ', '.join(f'{split} {splits[split]}' for split in sorted(splits))
        yield (
            f'{number_of(len(written), "pair")} ({parts}), {len(self.faults)} skipped'
        )
        images = Counter(label for pair in written for label in pair.labels)
        named = [f'{name} ({images[i]})' for i, name in enumerate(self.classes)]
        yield f'classes (images): {", ".join(named)}'
        yield from self.notes


def write_dataset(
    source: Source,
    out: Path,
    base: str,
    workers: int,
    val_share: float = 0.2,
    seed: int = 0,
) -> Report:
    """Writes ``images/SPLIT``, ``annotations/SPLIT`` and a config.

    Args:
        source (Source): The data set.
        out (Path): Folder for it, which must not exist yet.
        base (str): Name of the shipped config to inherit.
        workers (int): Processes.
        val_share (float): Share of the images for validation, among those whose folder
            does not set the split. Defaults to 0.2.
        seed (int): Seed of the split. Defaults to 0.

    Returns:
        Report: What was written, and what was skipped.

    Raises:
        InputError: If the folder exists or cannot be written, or the result is not a
            data set.
    """
    if not source.pairs:
        first = f', the first one: {source.faults[0]}' if source.faults else ''
        raise InputError(f'no image with annotations was found{first}')
    if out.exists() or out.is_symlink():
        raise InputError(f'{out} already exists: give a new folder')
    heads = find_heads(base)  # reports a mistake in it before the work
    splits = choose_splits([pair.name for pair in source.pairs], val_share, seed)
    is_jpeg = all(pair.image.suffix.lower() in JPEG for pair in source.pairs)
    suffix = '.jpg' if is_jpeg else '.png'
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(
            prefix=f'.{out.name}.', dir=out.absolute().parent
        ) as folder:
            aside = Path(folder, out.name)
            write = partial(write_pair, root=aside, suffix=suffix)
            items = [(pair, splits[pair.name]) for pair in source.pairs]
            pairs = map_parallel(write, items, workers, 'converting')
            faults = [*source.faults, *(pair.fault for pair in pairs if pair.fault)]
            check_splits(pairs, faults)
            tests = any(p.split == 'test' and not p.fault for p in pairs)
            write_config(source, aside, base, heads, suffix, has_test=tests)
            aside.replace(out)
    except (OSError, UnicodeError) as error:
        raise InputError(
            f'{out} cannot be written ({error}): give a folder where files can be '
            'written'
        ) from error
    warnings = [*source.warnings, *find_turns(pairs)]
    return Report(source.classes, pairs, faults, source.notes, warnings)


def choose_splits(names: Sequence[str], val_share: float, seed: int) -> dict[str, str]:
    """Chooses the split of each image.

    Args:
        names (Sequence[str]): Names of the pairs.
        val_share (float): As in ``write_dataset``.
        seed (int): Seed of the choice.

    Returns:
        dict[str, str]: The path below ``images`` for every name.

    Raises:
        InputError: If the share is not between 0 and 1, or a path occurs twice or
            leaves the folder.
    """
    if not 0 < val_share < 1:
        raise InputError(f'--val-share {val_share}: give one between 0 and 1')
    twice = next((name for name, n in Counter(names).items() if n > 1), None)
    if twice:
        raise InputError(f'two images would both become {twice}: rename one')
    fixed, free = {}, []
    for name in sorted(names):
        if name.startswith('/') or '..' in name.split('/'):
            raise InputError(f'{name}: the path leaves the folder; give one below it')
        kept = keep_split(name)
        if kept:
            fixed[name] = kept
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


def keep_split(name: str) -> str | None:
    """Moves the first folder of a name that is a split to the front.

    Args:
        name (str): 'day/val2017/a', for example.

    Returns:
        str | None: 'val/day/a'; None if no folder is a split.
    """
    *folders, file = name.split('/')
    for i, folder in enumerate(folders):
        split = SPLITS.get(YEAR.sub('', folder.lower()))
        if split:
            return '/'.join([split, *folders[:i], *folders[i + 1 :], file])
    return None


def write_pair(item: tuple[Pair, str], root: Path, suffix: str) -> Written:
    """Writes an image and its label map, both upright.

    Args:
        item (tuple[Pair, str]): The pair, and its path from ``choose_splits``.
        root (Path): Folder of the data set.
        suffix (str): Suffix of all images. Files of that format are copied as they are.

    Returns:
        Written: The result.
    """
    pair, path = item
    split = path.partition('/')[0]
    try:
        image = read_image(pair.image)
        header = read_checked(str(pair.image)) or make_header(image)
        labels = read_upright(pair, header)
    except DataError as error:
        return Written(split, fault=str(error))
    image_path = root / 'images' / f'{path}{suffix}'
    label_path = root / 'annotations' / f'{path}.png'
    for written in (image_path, label_path):
        written.parent.mkdir(parents=True, exist_ok=True)
    is_same_kind = suffix == '.jpg' or pair.image.suffix.lower() == suffix
    if is_same_kind and header.orientation == 1:
        shutil.copyfile(pair.image, image_path)
    else:
        save(image, image_path)
    save(labels, label_path)
    present = np.unique(labels).tolist()
    return Written(split, present, turn=find_hidden_turn(str(pair.image)))


def make_header(image: np.ndarray) -> Header:
    """Makes the header of an image whose format Pillow does not know."""
    return Header(kind='', mode='', size=image.shape[:2], bits=8, channels=3)


def save(pixels: np.ndarray, path: Path) -> None:
    """Writes a PNG file, or a JPEG file of the best quality."""
    path.write_bytes(encode_picture(pixels, path.suffix, quality=100))


def check_splits(pairs: Sequence[Written], faults: Sequence[str]) -> None:
    """Refuses a data set that has nothing to train on, or to validate with.

    Args:
        pairs (Sequence[Written]): The result for each pair.
        faults (Sequence[str]): What is wrong with the others.

    Raises:
        InputError: If a split is empty.
    """
    first = f'; the first error: {faults[0]}' if faults else ''
    for split in ('train', 'val'):
        planned = [pair for pair in pairs if pair.split == split]
        if planned and all(pair.fault for pair in planned):
            raise InputError(
                f'no usable image for {split}, of {len(planned)}: repair them, or '
                f'choose others{first}'
            )
        if not planned and len(pairs) > 1:
            raise InputError(
                f'there is no image for {split}, because all are in folders for other '
                f"splits: put some into a folder '{split}'{first}"
            )
        if not planned:
            raise InputError(
                f'a single image cannot be split into train and val: give more{first}'
            )


def find_turns(pairs: Sequence[Written]) -> list[str]:
    """Says how many images may be rotated differently from their labels."""
    turns = [pair.turn for pair in pairs if pair.turn]
    if not turns:
        return []
    return [
        f'{turns[0]}; they were read as drawn on the upright image '
        f'({number_of(len(turns), "such image")}): check with `hrvit browse`, and if '
        'they are rotated, delete the orientation from the EXIF data and convert again'
    ]
