"""What lower precision costs: labels, mIoU and time of the forms of one network.

All forms are loaded first, and then segment each image in turn. If the speed of the
machine drifts, this affects them alike, so compare the ratios.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from mmengine.config import Config
from mmseg.datasets import BaseSegDataset
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mmseg_hrvit.apis.inputs import read_image
from mmseg_hrvit.apis.segmenter import Segmenter
from mmseg_hrvit.datasets.checked_pipeline import check_samples, innermost
from mmseg_hrvit.engine.iou_metric import FolderIoUMetric
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.zoo import read_index

from .benchmark import DTYPES, autocast, compare
from .ground_truth import build_test_set

CHECKPOINTS = ('.pth', '.safetensors')

Labeller = Callable[[np.ndarray], np.ndarray]


@dataclass
class Outcome:
    """The result of one form on the images.

    Args:
        name (str): Its name.
        seconds (list[float]): Seconds from an image to its label map, for each image
            except the first, in which engines make their plans.
        same (int): Pixels with the label of the first form.
        pixels (int): All pixels.
        areas (Tensor or int): Pixels of each class in intersection, union, prediction
            and truth, (4, classes); see ``FolderIoUMetric``.
    """

    name: str
    seconds: list[float] = field(default_factory=list)
    same: int = 0
    pixels: int = 0
    areas: torch.Tensor | int = 0

    def compare_labels(self, labels: np.ndarray, first: np.ndarray) -> None:
        """Counts where a label map (H, W) is that of the first form."""
        self.same += int((labels == first).sum())
        self.pixels += labels.size

    def compare_truth(
        self, labels: np.ndarray, truth: torch.Tensor, dataset: BaseSegDataset
    ) -> None:
        """Counts the classes' pixels in a label map (H, W) and in its truth."""
        self.areas = self.areas + torch.stack(
            FolderIoUMetric.intersect_and_union(
                torch.from_numpy(labels),
                truth,
                len(dataset.metainfo['classes']),
                next(innermost(dataset)).ignore_index,
            )
        )

    @property
    def agreement(self) -> float:
        """Share of pixels with the label of the first form."""
        return self.same / self.pixels

    @property
    def mean_iou(self) -> float:
        """mIoU, from 0 to 1; classes that do not occur do not count."""
        ious = FolderIoUMetric.total_area_to_metrics(*self.areas, ['mIoU'])['IoU']
        return float(np.nanmean(ious))


def open_form(name: str, config: Config) -> Labeller:
    """Makes a function from images (H, W, 3), BGR, 8 bits, to label maps (H, W).

    Args:
        name (str): A file that ``hrvit export`` wrote, or a checkpoint or the name
            of a network in this package: as it is, or with '@bfloat16' or '@float16'
            behind it.
        config (Config): The checkpoint's config.

    Returns:
        Labeller: The function.

    Raises:
        InputError: If it cannot be used, or has another name.
    """
    path, _, dtype = name.partition('@')
    is_checkpoint = path.endswith(CHECKPOINTS) or path in read_index()
    if dtype not in (('', *DTYPES) if is_checkpoint else ('',)):
        raise InputError(
            f'{name}: write CHECKPOINT@TYPE, with TYPE {" or ".join(DTYPES)}'
        )
    if not is_checkpoint:
        segmenter = Segmenter.from_file(path)
        return lambda image: segmenter([image])[0].labels
    segmenter = Segmenter.from_checkpoint(config, path)
    device = next(segmenter.segmentor.parameters()).device.type

    def label(image: np.ndarray) -> np.ndarray:
        with autocast(device, dtype or 'float32'):
            return segmenter([image])[0].labels

    return label


def compare_forms(
    forms: Mapping[str, Labeller], config: Config, max_images: int | None = None
) -> list[Outcome]:
    """Segments a config's test set in all forms, with a progress bar.

    Args:
        forms (Mapping[str, Labeller]): By name; labels are compared with the first's.
        config (Config): Its test set has images and truth.
        max_images (int, optional): Number of images to use, evenly spread; by default
            all.

    Returns:
        list[Outcome]: One for each form, in order.

    Raises:
        InputError: If a folder is missing, an image or label map cannot be used, or
            there are fewer than two images.
    """
    dataset = build_test_set(config)
    count = len(dataset) if max_images is None else min(max_images, len(dataset))
    if count < 2:
        raise InputError('give two images or more: the first is not timed')
    check_samples(dataset, max_share=0.0)
    outcomes = [Outcome(name) for name in forms]
    indices = np.linspace(0, len(dataset) - 1, count).astype(int).tolist()
    for index in track(indices, 'segmenting', console=Console(stderr=True)):
        sample = dataset[index]['data_samples']
        image = read_image(sample.img_path)
        runs = [timed(form, image) for form in forms.values()]
        first, _ = runs[0]
        for outcome, (labels, seconds) in zip(outcomes, runs, strict=True):
            outcome.compare_labels(labels, first)
            outcome.compare_truth(labels, sample.gt_sem_seg.data[0], dataset)
            if index:
                outcome.seconds.append(seconds)
    return outcomes


def timed(form: Labeller, image: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns an image's label map, and the seconds that it took."""
    start = time.perf_counter()
    return form(image), time.perf_counter() - start


def tabulate(outcomes: Sequence[Outcome]) -> Table:
    """Makes a table with one row for each form, all compared with the first."""
    table = Table()
    table.add_column('form', overflow='fold')
    for header in ('same label', 'mIoU', 'median (s)', 'speed'):
        table.add_column(header, justify='right')
    for outcome in outcomes:
        table.add_row(
            outcome.name,
            f'{outcome.agreement:.2%}',
            f'{outcome.mean_iou:.2%}',
            f'{statistics.median(outcome.seconds):.4f}',
            f'{1 / compare(outcome.seconds, outcomes[0].seconds):.2f} x',
        )
    return table
