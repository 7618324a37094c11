"""mmseg's IoU, which keeps folders of label maps and names missing classes."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import print_log
from mmengine.registry import METRICS
from mmseg.evaluation import IoUMetric
from PIL import Image
from torch import Tensor


@METRICS.register_module()
class FolderIoUMetric(IoUMetric):
    """mmseg's ``IoUMetric``, whose label maps get the same subfolders as the images.

    It also names the classes that are in no label map. Their IoU is nan, which the mean
    ignores; if the network predicts one, its IoU is 0, which the mean counts.

    Args:
        image_root (str, optional): Folder of the images. ``output_dir`` gets the same
            subfolders. Defaults to None: all label maps go to ``output_dir`` itself.
        **kwargs: Arguments of mmseg's ``IoUMetric``.
    """

    def __init__(self, image_root: str | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.image_root = image_root

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Counts a batch, and writes its label maps.

        Args:
            data_batch (dict): The batch.
            data_samples (Sequence[dict]): The predictions, and the true labels.
        """
        folder, self.output_dir = self.output_dir, None
        try:
            super().process(data_batch, data_samples)
        finally:
            self.output_dir = folder
        for sample in data_samples if folder else []:
            self.write(sample)

    @staticmethod
    def intersect_and_union(
        pred_label: Tensor, label: Tensor, num_classes: int, ignore_index: int
    ) -> tuple[Tensor, ...]:
        """Counts like mmseg's, with an operator that is deterministic also on a GPU.

        The sum over a data set is exact, too: float32, which mmseg counts in, skips
        numbers from 2^24 on.

        Args:
            pred_label (Tensor): The predicted classes (H, W).
            label (Tensor): The true classes (H, W).
            num_classes (int): Number of classes.
            ignore_index (int): The label that does not count.

        Returns:
            tuple[Tensor, ...]: Pixels of each class in the intersection, the union, the
            prediction and the truth, (num_classes,) each, float64.
        """
        counted = label != ignore_index
        pred_label, label = pred_label[counted].long(), label[counted].long()
        both, predicted, true = (
            torch.bincount(x, minlength=num_classes)[:num_classes].cpu().double()
            for x in (pred_label[pred_label == label], pred_label, label)
        )
        return both, predicted + true - both, predicted, true

    def write(self, sample: dict) -> None:
        """Writes the label map of a sample, with the values of the annotation files."""
        labels = sample['pred_sem_seg']['data'].squeeze().cpu().numpy()
        first = int(sample.get('reduce_zero_label') or 0)
        path = self.place(sample['img_path'])
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((labels + first).astype(np.uint8)).save(path)

    def place(self, image: str) -> Path:
        """Returns the path of the label map of an image."""
        root = self.image_root or os.path.dirname(image)
        name = os.path.relpath(os.path.realpath(image), os.path.realpath(root))
        if name.startswith(os.pardir):  # behind a link
            name = os.path.relpath(image, root)
        return Path(self.output_dir, name).with_suffix('.png')

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Computes the metrics, and names the classes without a pixel.

        Args:
            results (list): The counts of ``process``.

        Returns:
            dict[str, float]: As mmseg's.
        """
        metrics = super().compute_metrics(results)
        if self.format_only:
            return metrics
        pixels = sum(counts[3] for counts in results)
        names = self.dataset_meta['classes']
        missing = [name for name, n in zip(names, pixels, strict=True) if n == 0]
        if missing:
            print_log(
                f'in no label map: {", ".join(missing)}; the IoU is nan, which the '
                'mean ignores, or 0 if the network predicts it, which the mean counts',
                logger='current',
            )
        return metrics
