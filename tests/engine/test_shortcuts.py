"""--crop and --classes change all places of a config that belong together."""

import pytest
from mmengine.config import Config

import mmseg_hrvit
from mmseg_hrvit.engine.shortcuts import set_classes, set_crop
from mmseg_hrvit.errors import InputError


def load(name):
    return Config.fromfile(mmseg_hrvit.config(name))


def test_crop():
    cfg = load('hrvit_b1_camvid')
    set_crop(cfg, 96, 128)
    (crop,) = [
        step
        for step in cfg.train_dataloader.dataset.pipeline
        if step['type'] == 'RandomCrop'
    ]
    assert crop.crop_size == (96, 128)
    assert cfg.model.data_preprocessor.size == (96, 128)
    assert cfg.model.test_cfg == dict(mode='whole')


def test_windows_of_the_test_follow_the_crop():
    cfg = load('hrvit_b1_cityscapes')
    before = cfg.model.test_cfg.copy()
    assert before.mode == 'slide'
    set_crop(cfg, 512, 256)
    after = cfg.model.test_cfg
    assert after.crop_size == (512, 256)
    assert after.stride == (
        512 * before.stride[0] // before.crop_size[0],
        256 * before.stride[1] // before.crop_size[1],
    )


def test_crops_that_cannot_be():
    with pytest.raises(InputError, match='--crop 0 8: give a positive size'):
        set_crop(load('hrvit_b1_camvid'), 0, 8)
    with pytest.raises(InputError, match='no RandomCrop'):
        set_crop(load('pretrain/hrvit_b1_in1k'), 8, 8)


def test_classes():
    cfg = load('hrvit_b1_upernet_camvid')
    set_classes(cfg, ['car', 'road'])
    assert cfg.model.decode_head.num_classes == 2
    assert cfg.model.auxiliary_head.num_classes == 2
    for split in ('train', 'val', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        assert dataset.metainfo.classes == ('car', 'road')


@pytest.mark.parametrize(
    ('names', 'message'),
    [
        (['cars'], "train_dataloader.dataset has no class 'cars': did you mean car?"),
        (['x'], 'it has sky, building'),
        (['car', 'car'], 'name each class once'),
    ],
)
def test_classes_that_are_not_there(names, message):
    with pytest.raises(InputError, match=message):
        set_classes(load('hrvit_b1_camvid'), names)
