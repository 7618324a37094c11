from types import SimpleNamespace

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mmseg_hrvit import LabelCheckHook
from mmseg_hrvit.errors import InputError


def sample(*values, reduce_zero_label=False):
    sample = SegDataSample(
        metainfo=dict(
            img_path='a/image.jpg',
            seg_map_path='b/label.png',
            reduce_zero_label=reduce_zero_label,
        )
    )
    sample.gt_sem_seg = PixelData(data=torch.tensor(values)[None, None])
    return sample


def check(*data_samples, num_classes=3):
    model = nn.Module()
    model.num_classes = num_classes
    batch = dict(data_samples=list(data_samples))
    hook, runner = LabelCheckHook(), SimpleNamespace(model=model)
    for stage in ('train', 'val', 'test'):
        getattr(hook, f'before_{stage}_iter')(runner, 0, data_batch=batch)


def test_classes_and_ignored_pass():
    check(sample(0, 1, 2, 255), sample(255), SegDataSample())
    check(sample(0, 254, 255), num_classes=255)
    check([sample(0)], [sample(2)])  # test-time augmentation


@pytest.mark.parametrize('value', [3, 4, 254])
def test_another_value_is_told_with_the_files(value):
    for batch in ([sample(0), sample(1, value, 255)], [[sample(value)]]):
        with pytest.raises(InputError) as error:
            check(*batch)
        message = str(error.value)
        assert f'has the values {value}, but the 3 classes are 0 to 2' in message
        assert 'a/image.jpg' in message
        assert 'b/label.png' in message


def test_values_are_those_of_the_file():
    with pytest.raises(InputError, match='values 4, 5, but the 3 classes are 1 to 3'):
        check(sample(3, 4, 0, 255, reduce_zero_label=True))


def test_classifiers_are_left_alone():
    hook, runner = LabelCheckHook(), SimpleNamespace(model=nn.Linear(1, 1))
    hook.before_train_iter(runner, 0, data_batch=dict(data_samples=[sample(9)]))
