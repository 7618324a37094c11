"""A hook that stops a run at a label which is no class."""

from collections.abc import Sequence

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement

from mmseg_hrvit.errors import InputError

from .strict_checkpoint import bare

IGNORED = 255


@HOOKS.register_module()
class LabelCheckHook(Hook):
    """Stops a run at a label value that is neither a class nor 255.

    Otherwise a GPU stops with an assertion that names no file, and the evaluation
    counts the pixels as if they were not there. The labels are looked at before
    they go to the GPU.
    """

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Checks a batch.

        Args:
            runner (Runner): The runner of the run.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): Its images and data samples.

        Raises:
            InputError: If a label map has another value.
        """
        num_classes = getattr(bare(runner.model), 'num_classes', None)
        if num_classes is not None:
            check_labels(data_batch['data_samples'], num_classes)

    before_val_iter = before_train_iter
    before_test_iter = before_train_iter


def check_labels(data_samples: Sequence, num_classes: int) -> None:
    """Refuses label values that are no class.

    Args:
        data_samples (Sequence): mmseg's data samples; with test-time augmentation a
            list of them for each view.
        num_classes (int): Classes of the network.

    Raises:
        InputError: If there are any.
    """
    for sample in data_samples:
        if not isinstance(sample, BaseDataElement):
            check_labels(sample, num_classes)
        elif 'gt_sem_seg' in sample:
            # LoadAnnotations reads bytes. In a byte 255 + 1 is 0: so one pass finds
            # the largest value but for 255.
            labels = sample.gt_sem_seg.data
            if labels.to(torch.uint8).add_(1).max() > num_classes:
                raise InputError(describe_unknown(sample, num_classes))


def describe_unknown(sample: BaseDataElement, num_classes: int) -> str:
    """Tells which file has which values, as they stand in the file."""
    values = sample.gt_sem_seg.data.unique()
    unknown = values[(values >= num_classes) & (values != IGNORED)]
    first = int(sample.reduce_zero_label)  # LoadAnnotations takes it off
    shown = ', '.join(str(value + first) for value in unknown[:5].tolist())
    more = ', ...' if len(unknown) > 5 else ''
    return (
        f'label map {sample.seg_map_path} (image {sample.img_path}) has the values '
        f'{shown}{more}, but the {num_classes} classes are {first} to '
        f'{num_classes - 1 + first} and {"0 or " if first else ""}{IGNORED} is '
        'ignored: mend the file, or set num_classes of the heads and metainfo of the '
        'data sets to your classes'
    )
