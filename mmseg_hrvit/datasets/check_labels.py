"""Refusing label values that are not a class."""

from collections.abc import Collection

from mmengine.structures import BaseDataElement
from torch import Tensor

from mmseg_hrvit.errors import DataError

IGNORED = 255


def check_labels(
    sample: BaseDataElement, num_classes: int, ignored: Collection[int] = (IGNORED,)
) -> None:
    """Refuses a label map with a value that is neither a class nor ignored.

    Otherwise a GPU stops with an assertion that names no file, and the evaluation
    silently ignores the pixels.

    Args:
        sample (BaseDataElement): mmseg's data sample; one without a label map passes.
        num_classes (int): Number of classes.
        ignored (Collection[int]): Values that are ignored. Defaults to 255.

    Raises:
        DataError: If the label map has such a value.
    """
    if 'gt_sem_seg' not in sample:
        return
    labels = sample.gt_sem_seg.data
    if not is_known(labels, num_classes, ignored).all():
        raise DataError(describe_unknown(sample, num_classes, ignored))


def is_known(labels: Tensor, num_classes: int, ignored: Collection[int]) -> Tensor:
    """Tells which labels are a class or ignored."""
    known = (labels >= 0) & (labels < num_classes)
    for value in ignored:
        known |= labels == value
    return known


def describe_unknown(
    sample: BaseDataElement, num_classes: int, ignored: Collection[int]
) -> str:
    """Says which file has which values, as stored in the file."""
    values = sample.gt_sem_seg.data.unique()
    unknown = values[~is_known(values, num_classes, ignored)]
    first = int(sample.get('reduce_zero_label') or 0)  # LoadAnnotations takes it off
    shown = ', '.join(str(value + first) for value in unknown[:5].tolist())
    more = ', ...' if len(unknown) > 5 else ''
    cause = find_cause(values.tolist(), num_classes, first, ignored)
    passed = ' or '.join(map(str, ([0] if first else []) + sorted(ignored)))
    return (
        f'label map {sample.get("seg_map_path")} (image {sample.get("img_path")}) has '
        f'the values {shown}{more}, but the {num_classes} classes are {first} to '
        f'{num_classes - 1 + first} and {passed} is ignored: '
        f'{cause}repair the file, or set '
        'num_classes and ignore_index of the heads, and metainfo of the data sets, '
        'to your labels'
    )


def find_cause(
    values: list[int], num_classes: int, first: int, ignored: Collection[int]
) -> str:
    """Names the usual cause of labels that are not a class, if it can be seen."""
    counted = [value for value in values if value not in ignored]
    if max(counted) == num_classes - first:
        if first == 0:
            return "if 0 is 'unlabelled', set reduce_zero_label=True; otherwise "
    elif len(values) <= num_classes + 1 and max(values) >= 2 * num_classes:
        return (
            'if these are grey levels or colours, convert them with '
            '`hrvit convert masks`; otherwise '
        )
    return ''
