"""Every config file loads, builds, trains a step and is evaluated."""

import copy
import re
from functools import partial

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from data import (
    make_ade20k,
    make_camvid,
    make_chasedb1,
    make_cityscapes,
    make_cocostuff,
    make_mapillary,
    make_pascalcontext,
    make_tiles,
    shrink,
)
from mmseg_hrvit.engine.cpu import prepare_cpu
from paths import CONFIGS, config_names
from raster_data import make_mosaic

LAYOUTS = dict(
    ade20k=make_ade20k,
    cityscapes=make_cityscapes,
    camvid=make_camvid,
    quickstart=partial(make_ade20k, num_classes=8),
    streets=partial(make_ade20k, num_classes=8),
    cocostuff164k=make_cocostuff,
    pascalcontext59=make_pascalcontext,
    pascalcontext60=make_pascalcontext,
    mapillary1=make_mapillary,
    mapillary2=make_mapillary,
    loveda=partial(make_tiles, num_classes=8),
    potsdam=partial(make_tiles, num_classes=7),
    vaihingen=partial(make_tiles, num_classes=7),
    isaid=partial(make_tiles, num_classes=16, ending='_instance_color_RGB'),
    chasedb1=make_chasedb1,
    mosaic=make_mosaic,
)
# Those with a test of their own, which trains a step as well.
OTHERS = ('ablations/', 'detection/', 'pretrain/')
SEGMENTATION = [name for name in config_names() if not name.startswith(OTHERS)]
PAPER = [name for name in SEGMENTATION if '/' not in name]
# Larger variants of what is stepped anyway: minutes on a busy machine.
SLOW = re.compile(
    'baselines/(cswin_[st]_|hrnet(32|40)|mit_b[2345]|swin_s|twins_b)|comparison/|'
    '(more_datasets|rasters)/hrvit_b[23]'
)
STEPS = [
    pytest.param(name, marks=pytest.mark.full) if SLOW.match(name) else name
    for name in SEGMENTATION
]


@pytest.fixture(scope='module')
def data_roots(tmp_path_factory):
    """A small data set in each layout."""
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in LAYOUTS.items()}


@pytest.mark.parametrize('name', STEPS)
def test_one_step_of_training_and_evaluation(name, data_roots, tmp_path):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    cfg = shrink(cfg, data_roots[name.rsplit('_', 1)[-1]])
    cfg.launcher, cfg.work_dir = 'none', str(tmp_path)
    # Checkpoints of 60 million parameters take longer than the step.
    cfg.default_hooks.checkpoint.update(interval=-1, save_best=None, save_last=False)
    prepare_cpu(cfg)
    runner = Runner.from_cfg(copy.deepcopy(cfg))
    before = copy.deepcopy(runner.model.state_dict())
    runner.train()
    weight = 'decode_head.conv_seg.weight'
    after = runner.model.state_dict()
    assert not torch.equal(before[weight], after[weight])
    assert all(v.isfinite().all() for v in after.values())
    metrics = runner.val_evaluator.metrics[0].results
    assert metrics == []  # evaluated, and handed over
    scalars = runner.message_hub.log_scalars
    assert 0 < scalars['train/loss'].current() < 100
    assert 0 <= scalars['val/mIoU'].current() <= 100
    assert runner.iter == 1


@pytest.mark.parametrize('name', PAPER)
def test_a_config_is_what_its_file_says(name):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    assert cfg.model.backbone.type == 'mmseg_hrvit.HRViT'
    if name.endswith(('camvid', 'quickstart', 'streets')):
        return
    assert len((CONFIGS / f'{name}.py').read_text().splitlines()) < 16
    arch = name.split('_')[1]
    dataset = name.rsplit('_', 1)[-1]
    assert cfg.model.backbone.arch == arch
    classes, crop, batch = dict(
        ade20k=(150, (512, 512), 2), cityscapes=(19, (1024, 1024), 1)
    )[dataset]
    heads = [cfg.model.decode_head]
    if 'upernet' in name:
        heads.append(cfg.model.auxiliary_head)
    assert [head.num_classes for head in heads] == [classes] * len(heads)
    assert cfg.model.data_preprocessor.size == crop
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.train_cfg.max_iters == 160_000
    rates = dict(
        ade20k=dict(b1=0.1, b2=0.1, b3=0.25), cityscapes=dict(b1=0.15, b2=0.15, b3=0.25)
    )
    assert cfg.model.backbone.drop_path_rate == rates[dataset][arch]
    windows = cfg.model.backbone.get('window_sizes')
    assert windows == (
        (1, 2, 9, 9) if (arch, dataset) == ('b3', 'cityscapes') else None
    )
    slides = cfg.model.test_cfg.mode == 'slide'
    assert slides == (dataset == 'cityscapes')
    if slides:
        assert cfg.model.test_cfg.crop_size == (1024, 1024)
        assert cfg.model.test_cfg.stride == (768, 768)
    transforms = [t.type for t in cfg.train_pipeline]
    assert {'RandomResize', 'RandomCrop', 'RandomFlip', 'PhotoMetricDistortion'} <= set(
        transforms
    )


def test_the_schedule_is_the_papers():
    cfg = Config.fromfile(CONFIGS / 'hrvit_b1_ade20k.py')
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=6e-5)
    runner_schedulers = [
        _build_scheduler(scheduler, optimizer) for scheduler in cfg.param_scheduler
    ]
    rates = {}
    for i in range(160_000):
        if i in (0, 750, 1500, 80_750, 159_999):
            rates[i] = optimizer.param_groups[0]['lr']
        for scheduler in runner_schedulers:
            scheduler.step()
    assert rates[0] == pytest.approx(6e-11)
    assert rates[750] == pytest.approx(3e-5, rel=2e-3)
    assert rates[1500] == pytest.approx(6e-5, rel=1e-3)
    assert rates[80_750] == pytest.approx(3e-5, rel=1e-3)
    assert 0 <= rates[159_999] < 1e-9


def _build_scheduler(cfg, optimizer):
    from mmengine.registry import PARAM_SCHEDULERS

    return PARAM_SCHEDULERS.build(dict(cfg, optimizer=optimizer))
