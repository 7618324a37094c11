import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmseg_hrvit.datasets.check_labels import check_labels
from mmseg_hrvit.errors import DataError


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


def test_classes_and_ignored_pass():
    for passes in (sample(0, 1, 2, 255), sample(255), SegDataSample()):
        check_labels(passes, 3)
    check_labels(sample(0, 254, 255), 255)


@pytest.mark.parametrize('value', [3, 4, 254])
def test_another_value_is_told_with_the_files(value):
    with pytest.raises(DataError) as error:
        check_labels(sample(1, value, 255), 3)
    message = str(error.value)
    assert f'has the values {value}, but the 3 classes are 0 to 2' in message
    assert 'a/image.jpg' in message
    assert 'b/label.png' in message


def test_values_are_those_of_the_file():
    with pytest.raises(DataError, match='values 4, 5, but the 3 classes are 1 to 3'):
        check_labels(sample(3, 4, 0, 255, reduce_zero_label=True), 3)


def test_a_map_of_255_alone_where_another_label_is_ignored():
    with pytest.raises(DataError, match=r'values 255, .* and 10 is ignored'):
        check_labels(sample(255), 10, {10})
