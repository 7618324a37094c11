"""Saving a batch of training, for inspection."""

from pathlib import Path

from mmengine.structures import BaseDataElement
from safetensors.torch import save
from torch import Tensor

from mmseg_hrvit.files import write_durably


def save_batch(data_batch: dict, path: Path) -> None:
    """Writes the tensors of a batch, and the paths of its files.

    Args:
        data_batch (dict): ``inputs``, images (3, H, W) before the data preprocessor,
            and ``data_samples`` of mmseg or mmpretrain.
        path (Path): A safetensors file. It gets ``inputs.0``, ``gt_sem_seg.0`` and so
            on, and ``img_path.0`` in its metadata.

    Raises:
        OSError: If it cannot be written.
    """
    tensors, metadata = {}, {}
    for i, image in enumerate(data_batch['inputs']):
        tensors[f'inputs.{i}'] = image.clone()
    for i, sample in enumerate(data_batch['data_samples']):
        metadata[f'img_path.{i}'] = str(sample.get('img_path'))
        for name, value in sample.items():
            value = value.get('data') if isinstance(value, BaseDataElement) else value
            if isinstance(value, Tensor):
                tensors[f'{name}.{i}'] = value.clone()
    write_durably(save(tensors, metadata), path)
