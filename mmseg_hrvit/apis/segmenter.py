"""Segmenting images in one call."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import overload

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.datasets.transforms import PackSegInputs
from mmseg.models.segmentors.base import BaseSegmentor

from mmseg_hrvit.checkpoints.trained_by import find_config_name
from mmseg_hrvit.configs import find_config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Metadata, load_engine, read_metadata
from mmseg_hrvit.export.images import resize
from mmseg_hrvit.models import convert, use_cuda_graphs
from mmseg_hrvit.rasters import check_bands
from mmseg_hrvit.rasters.composite import compose_bands
from mmseg_hrvit.zoo import find_weights

from .engine_segmentor import EngineSegmentor
from .inputs import HINT, SINGLE, ChannelOrder, ImageInput, to_bands, to_bgr
from .load_model import load_model
from .pretrained import find_model
from .segmentation import Segmentation


class Segmenter:
    """A trained network, from images to label maps.

    >>> segmenter = Segmenter.from_pretrained('hrvit_quickstart')
    >>> segmenter = Segmenter.from_checkpoint('hrvit_b1_camvid', 'b1.pth')
    >>> segmenter = Segmenter.from_file('b1.onnx')  # the same, exported
    >>> result = segmenter('street.jpg')
    >>> result.labels.shape
    (720, 960)
    >>> result.save('overlay.jpg')
    >>> results = segmenter(['a.jpg', 'b.jpg'])

    Args:
        segmentor (BaseSegmentor): The network, in evaluation mode.
        metadata (Metadata): Its classes, and the size to which images are resized.
    """

    def __init__(self, segmentor: BaseSegmentor, metadata: Metadata) -> None:
        self.segmentor = segmentor
        self.metadata = metadata

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        config: str | Path | Config | None = None,
        device: str | torch.device | None = None,
        cuda_graphs: bool = False,
    ) -> 'Segmenter':
        """Loads a network by name, path or URL. Executes nothing in the file.

        Args:
            source (str | Path): The name of a network in this package, the path or URL
                (HTTP(S)) of a checkpoint, or ``OWNER/REPOSITORY`` of the Hugging Face
                Hub.
            config (str | Path | Config, optional): As in ``from_checkpoint``.
                Defaults to None: the shipped one that the file names.
            device (str | torch.device, optional): As in ``from_checkpoint``.
            cuda_graphs (bool): As in ``from_checkpoint``. Defaults to False.

        Returns:
            Segmenter: The network.

        Raises:
            InputError: If there is no such network, its file is damaged or not what
                its hash says, or it does not name its config.
        """
        path = find_weights(source)
        config = config or find_config_name(path)
        return cls.from_checkpoint(config, path, device, cuda_graphs)

    @classmethod
    def from_checkpoint(
        cls,
        config: str | Path | Config,
        checkpoint: str | Path,
        device: str | torch.device | None = None,
        cuda_graphs: bool = False,
    ) -> 'Segmenter':
        """Loads a network.

        Args:
            config (str | Path | Config): A config, its file, or the name of a
                shipped config. A config inside the checkpoint is never used.
            checkpoint (str | Path): The checkpoint, or a name of ``from_pretrained``.
            device (str | torch.device, optional): Such as 'cpu', 'cuda:1', 'mps' or
                'xpu'. Defaults to None: one of NVIDIA's or AMD's GPUs ('cuda') if
                there is one, else the CPU.
            cuda_graphs (bool): Replay the backbone as CUDA graphs, one for each size
                of images. Defaults to False.

        Returns:
            Segmenter: The network.

        Raises:
            InputError: If config or checkpoint is missing, if they do not fit together,
                or if the device, or CUDA graphs on it, are not available.
        """
        if not isinstance(config, Config):
            config = Config.fromfile(find_config(str(config)))
        check_bands(config)
        metadata = read_metadata(config)
        with DefaultScope.overwrite_default_scope('mmseg'):
            segmentor = load_model(config, checkpoint, device, metadata.classes)
        segmentor = convert(segmentor, 'inference')
        if cuda_graphs:
            use_cuda_graphs(segmentor)
        return cls(segmentor, metadata)

    @classmethod
    def from_file(cls, path: str | Path, threads: int | None = None) -> 'Segmenter':
        """Loads an exported file, without the code of the network.

        Args:
            path (str | Path): A file that ``hrvit export`` wrote.
            threads (int, optional): Number of threads. Defaults to None: the engine
                decides.

        Returns:
            Segmenter: The network.

        Raises:
            InputError: If the file cannot be used here.
        """
        engine = load_engine(path, threads)
        return cls(EngineSegmentor(engine).eval(), engine.metadata)

    @classmethod
    def from_arguments(
        cls, model: Sequence[str], device: str | None = None
    ) -> 'Segmenter':
        """Loads the network that a command line names.

        Args:
            model (Sequence[str]): Weights, config and checkpoint, or an exported file.
            device (str, optional): Where weights run; an exported file runs where its
                engine does. Defaults to None: a GPU if there is one.

        Returns:
            Segmenter: The network.

        Raises:
            InputError: If it names something else, or an unusable network.
        """
        found = find_model(model)
        if len(found) == 2:
            return cls.from_checkpoint(*found, device)
        if device is not None:
            raise InputError(
                f'--device {device}: an exported file runs on the device of its '
                'engine; omit --device'
            )
        return cls.from_file(*found)

    @overload
    def __call__(
        self,
        images: ImageInput,
        probabilities: bool = ...,
        *,
        channel_order: ChannelOrder = ...,
        batch_size: int = ...,
    ) -> Segmentation: ...

    @overload
    def __call__(
        self,
        images: Sequence[ImageInput],
        probabilities: bool = ...,
        *,
        channel_order: ChannelOrder = ...,
        batch_size: int = ...,
    ) -> list[Segmentation]: ...

    def __call__(
        self,
        images: ImageInput | Sequence[ImageInput],
        probabilities: bool = False,
        *,
        channel_order: ChannelOrder = 'bgr',
        batch_size: int = 8,
    ) -> Segmentation | list[Segmentation]:
        """Segments an image, or several.

        Args:
            images (ImageInput | Sequence[ImageInput]): A path, an array (H, W, 3), a
                tensor (3, H, W), a Pillow image, or a list of these. Arrays and tensors
                have 8 bits.
            probabilities (bool): Also return probabilities, which take ``classes`` x 4
                bytes for each pixel. Defaults to False.
            channel_order (str): Order of the channels of arrays and tensors: 'bgr', as
                OpenCV reads files, or 'rgb'. Defaults to 'bgr'.
            batch_size (int): Number of images that go through the network at once, if
                they follow each other and have the same size. Defaults to 8.

        Returns:
            Segmentation | list[Segmentation]: The result, in the size of the image. For
            a list of images, a list of results.

        Raises:
            InputError: If an input is not an image.
            DataError: If an image file cannot be read.
        """
        if isinstance(images, SINGLE):
            return self([images], probabilities, channel_order=channel_order)[0]
        if not isinstance(batch_size, int) or batch_size < 1:
            raise InputError(f'batch_size={batch_size!r}: give a whole number from 1')
        if isinstance(images, bytes | Mapping) or not isinstance(images, Iterable):
            raise InputError(
                f'images cannot be of type {type(images).__name__}: {HINT}'
            )
        self.segmentor.test_cfg['keep_logits'] = probabilities
        if self.metadata.bands:
            arrays = [to_bands(image, self.metadata) for image in images]
        else:
            arrays = [to_bgr(image, channel_order) for image in images]
        samples = [self._prepare(array) for array in arrays]
        results = []
        for _, group in groupby(samples, key=lambda sample: sample['inputs'].shape):
            same = list(group)
            for i in range(0, len(same), batch_size):
                batch = arrays[len(results) : len(results) + len(same[i:][:batch_size])]
                results += self._segment(same[i:][:batch_size], batch, probabilities)
        return results

    def _prepare(self, array: np.ndarray) -> dict:
        resized = resize(array, self.metadata)
        sizes = dict(ori_shape=array.shape[:2], img_shape=resized.shape[:2])
        keys = tuple(sizes)
        return PackSegInputs(meta_keys=keys)(dict(img=resized, **sizes))

    @torch.inference_mode()
    def _segment(
        self, samples: list[dict], images: list[np.ndarray], probabilities: bool
    ) -> list[Segmentation]:
        data = {key: [sample[key] for sample in samples] for key in samples[0]}
        results = []
        predictions = self.segmentor.test_step(data)
        for image, prediction in zip(images, predictions, strict=True):
            labels = prediction.pred_sem_seg.data[0].cpu().numpy()
            dtype = np.uint8 if len(self.metadata.classes) <= 256 else np.uint16
            chances = None
            if probabilities:
                logits = prediction.seg_logits.data  # of a single one its sigmoid
                single = self.metadata.threshold is not None
                chances = logits if single else logits.softmax(0)
                chances = chances.cpu().numpy()
            labels = labels.astype(dtype)
            if self.metadata.bands:
                image = compose_bands(image.transpose(2, 0, 1))
            results.append(Segmentation(labels, image, self.metadata, chances))
        return results
