"""Detectors of mmdet over HRViT."""

import copy
import json
import re
import shutil

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner
from mmseg.models.necks import FPN

from data import draw_pair, shrink
from mmseg_hrvit.engine.cpu import prepare_cpu, replace_sync_bn
from paths import CONFIGS, config_names

NAMES = [name for name in config_names() if name.startswith('detection/')]
STRIDES = (4, 8, 16, 32)


@pytest.fixture
def read_model(tmp_path):
    """Reads the model of a config without what it inherits from mmdet."""
    shutil.copytree(CONFIGS / '_base_/variants', tmp_path / '_base_/variants')
    (tmp_path / 'detection').mkdir()
    for path in CONFIGS.glob('detection/*.py'):
        text = re.sub("^_base_ = 'mmdet::.*'$", '', path.read_text(), flags=re.M)
        (tmp_path / 'detection' / path.name).write_text(text)

    def read(name):
        return Config.fromfile(tmp_path / f'{name}.py').model

    return read


@pytest.fixture
def mmdet():
    """Skips where mmdet cannot be imported."""
    reason = "needs mmdet, which needs mmcv's compiled ops (docs/more_configs.md)"
    pytest.importorskip('mmdet.models', reason=reason, exc_type=ImportError)


@pytest.fixture
def coco(mmdet, tmp_path):
    """COCO with two images in each split, and an object on each."""
    from mmdet.datasets import CocoDataset

    names = CocoDataset.METAINFO['classes']
    categories = [dict(id=i, name=name) for i, name in enumerate(names, 1)]
    for split in ('train2017', 'val2017'):
        for i in (1, 2):
            image = tmp_path / f'data/coco/{split}/{i:012d}.jpg'
            label = tmp_path / f'labels/{i}.png'
            draw_pair(image, label, [0], i, size=(96, 128))
        images = [
            dict(id=i, file_name=f'{i:012d}.jpg', width=128, height=96) for i in (1, 2)
        ]
        corners = [10, 10, 70, 10, 70, 60, 10, 60]
        objects = [
            dict(
                id=i,
                image_id=i,
                category_id=1,
                bbox=[10, 10, 60, 50],
                area=3000,
                iscrowd=0,
                segmentation=[corners],
            )
            for i in (1, 2)
        ]
        path = tmp_path / f'data/coco/annotations/instances_{split}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        saved = dict(images=images, annotations=objects, categories=categories)
        path.write_text(json.dumps(saved))
    return tmp_path


@pytest.mark.parametrize('name', NAMES)
def test_the_backbone_fits_a_feature_pyramid(name, read_model):
    model = read_model(name)
    replace_sync_bn(model)
    model.backbone.pop('_delete_', None)
    backbone = MODELS.build(model.backbone)
    neck = FPN(model.neck.in_channels, 64, num_outs=5)
    maps = neck(backbone(torch.rand(1, 3, 64, 96)))
    finest = 4 - len(model.neck.in_channels)
    sizes = [(64 // s, 96 // s) for s in STRIDES[finest:]]
    assert [tuple(x.shape[2:]) for x in maps[: len(sizes)]] == sizes
    assert all(x.shape[1] == 64 for x in maps)
    sum(x.square().mean() for x in maps).backward()
    assert backbone.stem.conv1.weight.grad.abs().sum() > 0


@pytest.mark.parametrize('name', NAMES)
def test_a_file_shows_what_makes_it_that_variant(name, read_model):
    assert len((CONFIGS / f'{name}.py').read_text().splitlines()) < 22
    arch = name.split('_hrvit_')[1].split('_')[0]
    ade20k = Config.fromfile(CONFIGS / f'hrvit_{arch}_ade20k.py').model
    model = read_model(name)
    backbone = model.backbone
    assert backbone.type == 'mmseg_hrvit.HRViT'
    assert backbone.arch == arch
    assert backbone.drop_path_rate == ade20k.backbone.drop_path_rate
    channels = list(ade20k.decode_head.in_channels)
    found = list(model.neck.in_channels)
    assert found == channels[-len(found) :]
    assert len(found) == len(backbone.get('out_indices', STRIDES))


@pytest.mark.full
@pytest.mark.parametrize('name', NAMES)
def test_one_step_of_training_and_evaluation(name, coco, monkeypatch):
    monkeypatch.chdir(coco)
    with DefaultScope.overwrite_default_scope('mmdet'):
        cfg = shrink(Config.fromfile(CONFIGS / f'{name}.py'), 'data/coco/')
        cfg.train_cfg.max_epochs = 1
        # Without a threshold an untrained network finds something, to be evaluated.
        for part in (cfg.model.test_cfg, cfg.model.test_cfg.get('rcnn', {})):
            part.update(score_thr=0.0)
        cfg.launcher, cfg.work_dir = 'none', 'work'
        prepare_cpu(cfg)
        runner = Runner.from_cfg(cfg)
        before = copy.deepcopy(runner.model.state_dict())
        runner.train()
        after = runner.model.state_dict()
        assert runner.iter == 1
        assert all(v.isfinite().all() for v in after.values())
        for weight in ('backbone.stem.conv1.weight', 'neck.fpn_convs.0.conv.weight'):
            assert not torch.equal(before[weight], after[weight])
        scalars = runner.message_hub.log_scalars
        assert 0 < scalars['train/loss'].current() < 100
        assert 0 <= scalars['val/coco/bbox_mAP'].current() <= 1
