"""Refusing label values that are no class."""

import torch
from mmengine.structures import BaseDataElement

from mmseg_hrvit.errors import DataError

IGNORED = 255


def check_labels(sample: BaseDataElement, num_classes: int) -> None:
    """Refuses a label map with a value that is neither a class nor 255.

    Otherwise a GPU stops with an assertion that names no file, and the evaluation
    counts the pixels as if they were not there.

    Args:
        sample (BaseDataElement): mmseg's data sample; without a label map it passes.
        num_classes (int): Number of classes.

    Raises:
        DataError: If there is any.
    """
    if 'gt_sem_seg' not in sample:
        return
    # LoadAnnotations reads bytes. In a byte 255 + 1 is 0: so one pass finds the
    # largest value but for 255.
    labels = sample.gt_sem_seg.data
    if labels.to(torch.uint8).add_(1).max() > num_classes:
        raise DataError(describe_unknown(sample, num_classes))


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
