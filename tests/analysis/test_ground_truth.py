import pytest
from mmengine.config import Config

import mmseg_hrvit
from data import make_camvid, shrink
from mmseg_hrvit.analysis.ground_truth import build_test_set
from mmseg_hrvit.errors import InputError


@pytest.fixture
def cfg(tmp_path):
    return shrink(
        Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid')), tmp_path / 'data'
    )


def test_all_of_the_test_set_is_there(cfg, tmp_path):
    make_camvid(tmp_path / 'data', num_images=3)
    dataset = build_test_set(cfg)
    assert len(dataset) == 3
    assert 'images/val' in dataset.get_data_info(0)['img_path']


def test_a_missing_folder_is_named(cfg):
    with pytest.raises(InputError, match=r'no folder .*dataset\.data_root'):
        build_test_set(cfg)
