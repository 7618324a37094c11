"""Which classes a network confuses, from the label maps of a test run."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from mmengine.config import Config
from PIL import Image
from rich.console import Console
from rich.progress import track

from mmseg_hrvit.datasets.checked_pipeline import check_samples, innermost
from mmseg_hrvit.datasets.folders import image_root
from mmseg_hrvit.errors import InputError

from .ground_truth import build_test_set

WRITTEN = 20  # up to so many classes the shares are written into the picture


def count_confusions(config: Config, folder: str | Path) -> tuple[np.ndarray, tuple]:
    """Counts the pixels of each class that got each label, with a progress bar.

    Args:
        config (Config): Config of a segmentation model; its test set has the truth.
        folder (str or Path): Label maps as ``hrvit test --out`` writes them,
            NAME.png for each image.

    Returns:
        tuple[np.ndarray, tuple[str, ...]]: The pixels (classes, classes), int64:
        rows are the truth, columns the prediction. And the names of the classes.

    Raises:
        InputError: If a label map is missing, or has another size, or is from another
            data set.
    """
    dataset = build_test_set(config)
    parts = list(innermost(dataset))
    root = image_root(parts)
    images = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
    paths = [find_map(folder, image, root) for image in images]
    check_samples(dataset, max_share=0.0)
    classes = tuple(dataset.metainfo['classes'])
    matrix = np.zeros((len(classes), len(classes)), np.int64)
    console = Console(stderr=True)
    for i, path in track([*enumerate(paths)], 'counting', console=console):
        truth = dataset[i]['data_samples'].gt_sem_seg.data[0].numpy()
        labels = read_map(path, parts[0].reduce_zero_label)
        matrix += count_pixels(truth, labels, len(classes), parts[0].ignore_index, path)
    return matrix, classes


def find_map(folder: str | Path, image: str, root: str) -> Path:
    """Finds the label map of an image: in its folder, or by the name alone.

    Args:
        folder (str or Path): Folder of the label maps.
        image (str): The image.
        root (str): Folder of the images.

    Returns:
        Path: The label map.

    Raises:
        InputError: If there is none.
    """
    path = Path(folder, os.path.relpath(image, root)).with_suffix('.png')
    flat = Path(folder, path.name)
    found = next((p for p in (path, flat) if p.is_file()), None)
    if found is None:
        raise InputError(
            f'{path}: no label map of {image}; create them with `hrvit test CONFIG '
            'CHECKPOINT --out DIR`'
        )
    return found


def read_map(path: Path, reduce_zero_label: bool) -> np.ndarray:
    """Reads a label map (H, W), int64, counted from 0."""
    # mmseg writes the labels of such a data set as its own files have them.
    return np.asarray(Image.open(path), np.int64) - bool(reduce_zero_label)


def count_pixels(
    truth: np.ndarray, labels: np.ndarray, num_classes: int, ignored: int, path: Path
) -> np.ndarray:
    """Counts the confusions in one image.

    Args:
        truth (np.ndarray): (H, W).
        labels (np.ndarray): The prediction, (H, W).
        num_classes (int): Number of classes.
        ignored (int): The truth's value where nothing counts.
        path (Path): The file of the prediction.

    Returns:
        np.ndarray: Pixels (classes, classes).

    Raises:
        InputError: If the prediction has another size, or is from another data set.
    """
    if truth.shape != labels.shape:
        raise InputError(
            f'{path}: has {labels.shape} pixels, its truth {truth.shape}; give the '
            "label maps of this config's test set"
        )
    if labels.min() < 0 or labels.max() >= num_classes:
        raise InputError(
            f'{path}: has the labels {labels.min()} to {labels.max()}, the data set '
            f"{num_classes} classes; give the label maps of this config's test set"
        )
    counted = truth != ignored
    pairs = num_classes * truth[counted].astype(np.int64) + labels[counted]
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, -1)


def normalise_rows(matrix: np.ndarray) -> np.ndarray:
    """Divides each row by its sum; a class that does not occur has NaN in its row."""
    sums = matrix.sum(1, keepdims=True, dtype=float)
    return np.divide(matrix, sums, out=np.full(matrix.shape, np.nan), where=sums > 0)


def write_csv(matrix: np.ndarray, classes: Sequence[str], out: str | Path) -> None:
    """Writes a row for each true class: its pixels, and the share of each label.

    Args:
        matrix (np.ndarray): Pixels (classes, classes).
        classes (Sequence[str]): Names of the classes.
        out (str or Path): The file.
    """
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    with open(out, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['truth', 'pixels', *classes])
        rows = zip(classes, matrix.sum(1), normalise_rows(matrix), strict=True)
        for name, pixels, shares in rows:
            cells = ['' if np.isnan(share) else f'{share:.6f}' for share in shares]
            writer.writerow([name, pixels, *cells])


def draw_matrix(matrix: np.ndarray, classes: Sequence[str], out: str | Path) -> None:
    """Draws the shares of each true class, in percent.

    Args:
        matrix (np.ndarray): Pixels (classes, classes).
        classes (Sequence[str]): Names of the classes.
        out (str or Path): Picture to write; its suffix sets the format.
    """
    shares = 100 * normalise_rows(matrix)
    side = 3.0 + max(0.22 * len(classes), 4.0)  # inches
    figure = Figure((side + 0.8, side), layout='constrained')
    axes = figure.subplots()
    image = axes.imshow(shares, cmap='Blues', vmin=0, vmax=100)
    axes.set_facecolor('0.9')  # of classes that are nowhere
    places = range(len(classes))
    axes.set_xticks(places, classes, rotation=90)
    axes.set_yticks(places, classes)
    axes.set(xlabel='prediction', ylabel='truth')
    if len(classes) <= WRITTEN:
        write_shares(axes, shares)
    figure.colorbar(image, label='share of the true class in %', shrink=0.7)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=120)


def write_shares(axes, shares: np.ndarray) -> None:
    """Writes each share of half a percent and more into its cell of a picture."""
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.5:
            axes.text(
                column,
                row,
                f'{share:.0f}',
                ha='center',
                va='center',
                fontsize=7,
                color='white' if share > 60 else 'black',
            )
