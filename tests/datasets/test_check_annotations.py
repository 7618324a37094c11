import numpy as np
import pytest
from mmengine.registry import TRANSFORMS

from mmseg_hrvit.errors import InputError


def results(shape):
    return dict(
        ori_shape=(4, 6),
        gt_seg_map=np.zeros(shape, np.uint8),
        img_path='a/image.jpg',
        seg_map_path='b/label.png',
    )


@pytest.fixture
def transform():
    return TRANSFORMS.build(dict(type='mmseg_hrvit.CheckAnnotations'))


def test_equal_sizes_pass(transform):
    sample = results((4, 6))
    assert transform(sample) is sample


@pytest.mark.parametrize('shape', [(6, 4), (4, 5), (4, 6, 3)])
def test_another_shape_is_told_with_both_files(transform, shape):
    with pytest.raises(InputError) as error:
        transform(results(shape))
    for part in ('a/image.jpg', 'b/label.png', str(shape), '(4, 6)'):
        assert part in str(error.value)
