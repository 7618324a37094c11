"""Segmenting images in one call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import mmcv
import numpy as np
import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DefaultScope
from mmseg.datasets.transforms import PackSegInputs
from mmseg.models.segmentors.base import BaseSegmentor

from mmseg_hrvit.datasets.image_files import check_image_file, unreadable
from mmseg_hrvit.engine.cli import find_config
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.export import Metadata, load_engine, read_metadata
from mmseg_hrvit.export.images import resize
from mmseg_hrvit.rasters import check_bands

from .engine_segmentor import EngineSegmentor
from .load_model import load_model

Image = str | Path | np.ndarray


@dataclass(frozen=True)
class Segmentation:
    """What a network says of an image.

    Args:
        labels (np.ndarray): The class of every pixel, (H, W), uint8 or uint16.
        probabilities (np.ndarray, optional): Of each class at every pixel,
            (classes, H, W), float32; of a network with one logit (1, H, W).
    """

    labels: np.ndarray
    probabilities: np.ndarray | None = None


class Segmenter:
    """A trained network, from images to label maps.

    >>> segmenter = Segmenter.from_checkpoint('hrvit_b1_camvid', 'b1.pth')
    >>> segmenter = Segmenter.from_file('b1.onnx')  # the same, exported
    >>> (result,) = segmenter(['street.jpg'])
    >>> result.labels.shape
    (720, 960)

    Args:
        segmentor (BaseSegmentor): The network, in evaluation mode.
        metadata (Metadata): Its classes, and the size that images get.
    """

    def __init__(self, segmentor: BaseSegmentor, metadata: Metadata) -> None:
        self.segmentor = segmentor
        self.metadata = metadata

    @classmethod
    def from_checkpoint(
        cls, config: str | Path | Config, checkpoint: str | Path
    ) -> 'Segmenter':
        """Loads a network, onto a GPU if there is one.

        Args:
            config (str | Path | Config): A config, its file, or the name of a
                shipped one. A config that a checkpoint may hold is never used.
            checkpoint (str | Path): The checkpoint.

        Returns:
            Segmenter: The network.

        Raises:
            InputError: If one of them is missing, or they do not fit together.
        """
        if not isinstance(config, Config):
            config = Config.fromfile(find_config(str(config)))
        check_bands(config)
        metadata = read_metadata(config)
        with DefaultScope.overwrite_default_scope('mmseg'):
            segmentor = load_model(config, checkpoint)
        return cls(revert_sync_batchnorm(segmentor).eval(), metadata)

    @classmethod
    def from_file(cls, path: str | Path, threads: int | None = None) -> 'Segmenter':
        """Loads an exported file, and no code of the network.

        Args:
            path (str | Path): What ``tools/export.py`` wrote.
            threads (int, optional): Threads; by default the engine decides.

        Returns:
            Segmenter: The network.

        Raises:
            InputError: If the file cannot be used here.
        """
        engine = load_engine(path, threads)
        return cls(EngineSegmentor(engine).eval(), engine.metadata)

    @classmethod
    def from_arguments(cls, model: Sequence[str]) -> 'Segmenter':
        """Loads what a command line names; like the two above.

        Args:
            model (Sequence[str]): Config and checkpoint, or an exported file.

        Returns:
            Segmenter: The network.

        Raises:
            InputError: If it names something else, or that cannot be used.
        """
        if len(model) > 2:
            raise InputError(
                f'{" ".join(model)}: give a config and a checkpoint, or a file'
            )
        is_file = len(model) == 1
        return cls.from_file(*model) if is_file else cls.from_checkpoint(*model)

    def __call__(
        self, images: Sequence[Image], probabilities: bool = False
    ) -> list[Segmentation]:
        """Segments images; neighbours that get the same size as one batch.

        Args:
            images (Sequence[Image]): Paths, or arrays (H, W, 3), BGR, 8 bits.
            probabilities (bool): Return them too: ``classes`` x 4 bytes a pixel.
                Defaults to False.

        Returns:
            list[Segmentation]: One an image, of the image's own size.

        Raises:
            DataError: If an image cannot be read.
        """
        self.segmentor.test_cfg['keep_logits'] = probabilities
        samples = [self._load(image) for image in images]
        batches = groupby(samples, key=lambda sample: sample['inputs'].shape)
        return [
            result
            for _, batch in batches
            for result in self._segment(list(batch), probabilities)
        ]

    def _load(self, image: Image) -> dict:
        array = image if isinstance(image, np.ndarray) else read_image(image)
        resized = resize(array, self.metadata)
        sizes = dict(ori_shape=array.shape[:2], img_shape=resized.shape[:2])
        keys = tuple(sizes)
        return PackSegInputs(meta_keys=keys)(dict(img=resized, **sizes))

    @torch.inference_mode()
    def _segment(self, samples: list[dict], probabilities: bool):
        data = {key: [sample[key] for sample in samples] for key in samples[0]}
        for prediction in self.segmentor.test_step(data):
            labels = prediction.pred_sem_seg.data[0].cpu().numpy()
            dtype = np.uint8 if len(self.metadata.classes) <= 256 else np.uint16
            chances = None
            if probabilities:
                logits = prediction.seg_logits.data  # of a single one its sigmoid
                single = self.metadata.threshold is not None
                chances = logits if single else logits.softmax(0)
                chances = chances.cpu().numpy()
            yield Segmentation(labels.astype(dtype), chances)


def read_image(path: str | Path) -> np.ndarray:
    """Reads an image file.

    Args:
        path (str | Path): The file.

    Returns:
        np.ndarray: (H, W, 3), BGR, 8 bits.

    Raises:
        DataError: If there is none, or it cannot be read as it looks.
    """
    check_image_file(str(path))
    try:
        image = mmcv.imread(str(path))
    except FileNotFoundError as error:
        raise DataError(f'{path}: there is no such file') from error
    except Exception as error:  # decoders raise of many kinds
        raise unreadable(str(path), error) from error
    if image is None:
        raise unreadable(str(path), OSError('OpenCV does not know what it is'))
    return image


def read_images(paths: Iterable[str | Path]) -> Iterable[np.ndarray]:
    """Reads image files one by one; like ``read_image``."""
    return map(read_image, paths)
