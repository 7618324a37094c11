"""Pictures of what training sees: samples after the augmentations of a config."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmseg_hrvit.analysis.pictures import UNLABELLED
from mmseg_hrvit.apis.overlay import PAPER, draw_overlay
from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.datasets.checked_pipeline import check_samples
from mmseg_hrvit.datasets.sample_stream import StreamDataset
from mmseg_hrvit.engine.preflight import check_data
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Metadata, read_metadata
from mmseg_hrvit.rasters.composite import compose_bands

from .survey import read_ignored

GAP = 6  # pixels between the pictures of a sheet


def draw_samples(
    cfg: Config, number: int, opacity: float, seed: int
) -> list[np.ndarray]:
    """Draws augmented training samples, with their labels over them.

    Args:
        cfg (Config): The config.
        number (int): Number of samples; the data set may have fewer.
        opacity (float): Of the colours, from 0 to 1.
        seed (int): Seed of the choice and of the augmentations.

    Returns:
        list[np.ndarray]: (height + legend, width, 3), BGR, 8 bits.

    Raises:
        InputError: If there is no training set, or one of its samples cannot be used.
    """
    if number < 1:
        raise InputError(f'--number {number}: give 1 or more')
    if not cfg.get('train_dataloader'):
        raise InputError('the config has no train_dataloader: nothing to browse')
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
        check_data(cfg.train_dataloader.dataset, 'train_dataloader.dataset', cfg)
        stream = StreamDataset(cfg.train_dataloader.dataset, seed)
        check_samples(stream, 0.0, read_ignored(cfg))
        metadata = add_unlabelled(read_metadata(cfg), stream.metainfo)
        chosen = np.random.default_rng(seed).permutation(len(stream))[:number]
        samples = [stream[pair] for pair in enumerate(chosen.tolist())]
    return [draw_sample(sample, metadata, opacity) for sample in samples]


def add_unlabelled(metadata: Metadata, metainfo: dict) -> Metadata:
    """Adds the classes of the training set, and one for other pixels, to metadata."""
    return replace(
        metadata,
        classes=[*metainfo['classes'], 'unlabelled'],
        palette=[*metainfo['palette'], UNLABELLED],
    )


def draw_sample(sample: dict, metadata: Metadata, opacity: float) -> np.ndarray:
    """Draws one sample as the pipeline packed it.

    Args:
        sample (dict): 'inputs' (C, H, W), and 'data_samples'.
        metadata (Metadata): From ``add_unlabelled``.
        opacity (float): Of the colours, from 0 to 1.

    Returns:
        np.ndarray: (H + legend, W, 3), BGR, 8 bits.
    """
    image = compose(sample['inputs'].numpy(), metadata)
    labels = sample['data_samples'].gt_sem_seg.data[0].numpy()
    last = len(metadata.classes) - 1
    labels = np.where(labels == IGNORED, last, labels)
    return draw_overlay(image, labels, metadata, opacity)


def compose(image: np.ndarray, metadata: Metadata) -> np.ndarray:
    """Makes a picture of a network's input.

    Args:
        image (np.ndarray): (C, H, W): BGR for a network for RGB images; otherwise
            bands, of which the first three are shown as red, green and blue.
        metadata (Metadata): Of the network.

    Returns:
        np.ndarray: (H, W, 3), BGR, 8 bits.
    """
    if metadata.bands:
        return compose_bands(image)
    return image.transpose(1, 2, 0).clip(0, 255).astype(np.uint8)


def draw_contact_sheet(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Puts pictures side by side, in about as many rows as columns.

    Args:
        pictures (Sequence[np.ndarray]): (height, width, 3), of any sizes.

    Returns:
        np.ndarray: The sheet, (height, width, 3).
    """
    columns = int(np.ceil(np.sqrt(len(pictures))))
    height, width = np.max([picture.shape[:2] for picture in pictures], axis=0) + GAP
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * height, columns * width, 3), PAPER, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * height, i % columns * width
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet
