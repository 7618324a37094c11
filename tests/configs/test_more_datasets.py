"""HRViT on further data sets of mmsegmentation."""

from pathlib import Path

import mmseg
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS

from paths import CONFIGS, config_names

MMSEG = Path(mmseg.__file__).parent / '.mim/configs/_base_/datasets'
NAMES = [name for name in config_names() if name.startswith('more_datasets/')]
THEIRS = dict(
    cocostuff164k='coco-stuff164k',
    pascalcontext59='pascal_context_59',
    pascalcontext60='pascal_context',
    mapillary1='mapillary_v1',
    mapillary2='mapillary_v2',
)
# Crops of the sliding windows, and iterations; mmseg's are made by its model configs.
WINDOWS = dict(pascalcontext=((480, 480), (320, 320)), mapillary=((512, 1024), None))
ITERATIONS = dict(pascalcontext=80_000)


def load(name):
    return Config.fromfile(CONFIGS / f'{name}.py')


def family(dataset):
    return dataset.rstrip('0123456789k')


def settings(pipeline):
    """What a pipeline does to image and label, whatever checks are in it."""
    steps = [dict(step) for step in pipeline if 'Check' not in step['type']]
    for step in steps:
        step.pop('reduce_zero_label', None)  # the data set says it
    return steps


def test_every_data_set_has_three_variants():
    expected = [
        f'more_datasets/hrvit_b{i}_{data}' for i in (1, 2, 3) for data in THEIRS
    ]
    assert sorted(expected) == NAMES


@pytest.mark.parametrize('dataset', THEIRS)
def test_data_are_read_as_mmseg_reads_them(dataset):
    cfg = load(f'more_datasets/hrvit_b1_{dataset}')
    theirs = Config.fromfile(MMSEG / f'{THEIRS[dataset]}.py')
    assert cfg.model.data_preprocessor.size == theirs.crop_size
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        ours, mmsegs = cfg[loader].dataset, theirs[loader].dataset
        assert settings(ours.pop('pipeline')) == settings(mmsegs.pop('pipeline'))
        ours.data_root += '/' * mmsegs.data_root.endswith('/')
        assert ours == mmsegs
    assert cfg.auto_scale_lr.base_batch_size == 8 * cfg.train_dataloader.batch_size
    assert cfg.val_dataloader == cfg.test_dataloader


@pytest.mark.parametrize('name', NAMES)
def test_a_config_fits_its_data_set(name):
    dataset = name.rsplit('_', 1)[-1]
    cfg = load(name)
    classes = DATASETS.get(f'mmseg.{cfg.val_dataloader.dataset.type}').METAINFO
    assert cfg.model.decode_head.num_classes == len(classes['classes'])
    iterations = ITERATIONS.get(family(dataset), 160_000)
    assert cfg.train_cfg.max_iters == cfg.param_scheduler[-1].end == iterations
    if family(dataset) in WINDOWS:
        crop, stride = WINDOWS[family(dataset)]
        test_cfg = cfg.model.test_cfg
        assert (test_cfg.mode, test_cfg.crop_size) == ('slide', crop)
        assert test_cfg.stride == (stride or tuple(3 * side // 4 for side in crop))
    else:
        assert cfg.model.test_cfg.mode == 'whole'


@pytest.mark.parametrize('name', NAMES)
def test_variants_differ_as_on_the_papers_data_sets(name):
    _, arch, dataset = Path(name).name.split('_')
    near = 'cityscapes' if dataset.startswith('mapillary') else 'ade20k'
    paper = load(f'hrvit_{arch}_{near}').model
    ours = load(name).model
    for model in (ours, paper):
        model.decode_head.pop('num_classes')
        model.data_preprocessor.pop('size')
        model.backbone.pop('window_sizes', None)  # b3's on Cityscapes
        model.pop('test_cfg')
    assert ours == paper
    lines = (CONFIGS / f'{name}.py').read_text().splitlines()
    assert len(lines) < (21 if arch == 'b1' else 6)
