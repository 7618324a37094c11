"""--crop and --classes change all places of a config that belong together."""

import copy

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS

import mmseg_hrvit
from data import make_ade20k
from mmseg_hrvit.engine.shortcuts import set_classes, set_crop
from mmseg_hrvit.errors import InputError

NAMES = ('sky', 'tree', 'car', 'road')


def load(name):
    return Config.fromfile(mmseg_hrvit.config(name))


def own_config(folder, **changes):
    """A config whose data set has classes of its own, with images of stripes."""
    root = make_ade20k(folder, num_classes=len(NAMES))
    dataset = dict(
        type='BaseSegDataset',
        data_root=str(root),
        data_prefix=dict(
            img_path='images/training', seg_map_path='annotations/training'
        ),
        metainfo=dict(classes=NAMES, palette=[[i, i, i] for i in range(len(NAMES))]),
        reduce_zero_label=True,
        pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')],
    )
    loss = dict(type='CrossEntropyLoss', class_weight=[1.0, 2.0, 3.0, 4.0])
    model = dict(decode_head=dict(num_classes=4, loss_decode=loss))
    loader = dict(dataset=dict(dataset, **changes))
    return Config(dict(model=model, train_dataloader=loader, default_scope='mmseg'))


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


def test_classes_that_the_config_alone_names(tmp_path):
    cfg = own_config(tmp_path)
    before = DATASETS.build(copy.deepcopy(cfg.train_dataloader.dataset))
    set_classes(cfg, ['road', 'tree'])
    after = DATASETS.build(cfg.train_dataloader.dataset)
    assert after.metainfo['classes'] == ('road', 'tree')
    assert after.metainfo['palette'] == [[3, 3, 3], [1, 1, 1]]
    assert cfg.model.decode_head.num_classes == 2
    assert cfg.model.decode_head.loss_decode.class_weight == [4.0, 2.0]
    expected = np.full(256, 255)
    expected[NAMES.index('road')], expected[NAMES.index('tree')] = 0, 1
    for i in range(len(before)):
        labels = before[i]['gt_seg_map']
        assert {0, 1, 2, 3} <= set(labels.flat)
        assert np.array_equal(after[i]['gt_seg_map'], expected[labels])


def test_classes_are_chosen_twice(tmp_path):
    cfg = own_config(tmp_path)
    set_classes(cfg, ['road', 'tree'])
    with pytest.raises(InputError, match='class_weight has 2 values for the 4 classes'):
        set_classes(cfg, ['car'])
    cfg.model.decode_head.loss_decode.class_weight = None
    set_classes(cfg, ['car'])
    assert DATASETS.build(cfg.train_dataloader.dataset).label_map == {
        0: 255,
        1: 255,
        2: 0,
        3: 255,
    }


def test_classes_that_nothing_lists(tmp_path):
    with pytest.raises(InputError, match='nothing lists the classes of'):
        set_classes(own_config(tmp_path, metainfo=None), ['car'])


def test_data_sets_that_differ(tmp_path):
    cfg = own_config(tmp_path)
    other = copy.deepcopy(cfg.train_dataloader)
    other.dataset.metainfo.classes = ('car', 'road')
    cfg.val_dataloader = other
    with pytest.raises(InputError, match='has other classes than the data sets'):
        set_classes(cfg, ['car'])


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
