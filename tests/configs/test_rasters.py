"""HRViT on data sets from the air and the microscope."""

import inspect
from pathlib import Path

import mmseg
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS

from mmseg_hrvit.rasters import check_bands
from paths import CONFIGS, config_names

MMSEG = Path(mmseg.__file__).parent / '.mim'
NAMES = [name for name in config_names() if name.startswith('rasters/')]
# mmseg's config, and the script that prepares the data.
THEIRS = dict(
    loveda=('loveda', 'loveda'),
    potsdam=('potsdam', 'potsdam'),
    vaihingen=('vaihingen', 'vaihingen'),
    isaid=('isaid', 'isaid'),
    chasedb1=('chase_db1', 'chase_db1'),
)
ITERATIONS = dict(chasedb1=40_000, mosaic=40_000)


def load(name):
    return Config.fromfile(CONFIGS / f'{name}.py')


def settings(pipeline):
    """What a pipeline does to image and label, whatever checks are in it."""
    steps = [dict(step) for step in pipeline if 'Check' not in step['type']]
    for step in steps:
        step.pop('reduce_zero_label', None)  # the data set says it
    return steps


def reduces_zero_label(dataset):
    """Whether label 0 is no class, as the pipeline or else the data set says."""
    (load,) = [s for s in dataset.pipeline if s['type'] == 'LoadAnnotations']
    cls = DATASETS.get(f'mmseg.{dataset.type}')
    defaults = {'reduce_zero_label': False} | {
        name: parameter.default
        for name, parameter in inspect.signature(cls).parameters.items()
    }
    return load.get('reduce_zero_label', defaults['reduce_zero_label'])


def test_every_data_set_has_three_variants():
    data = (*THEIRS, 'mosaic')
    expected = [f'rasters/hrvit_b{i}_{name}' for i in (1, 2, 3) for name in data]
    assert sorted(expected) == NAMES


@pytest.mark.parametrize('dataset', THEIRS)
def test_data_are_read_as_mmseg_reads_them(dataset):
    cfg = load(f'rasters/hrvit_b1_{dataset}')
    name, script = THEIRS[dataset]
    theirs = Config.fromfile(MMSEG / f'configs/_base_/datasets/{name}.py')
    assert (MMSEG / f'tools/dataset_converters/{script}.py').is_file()
    assert cfg.model.data_preprocessor.size == theirs.crop_size
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        ours, mmsegs = cfg[loader].dataset, theirs[loader].dataset
        mmsegs = mmsegs.get('dataset', mmsegs)  # ours are drawn without end anyway
        assert reduces_zero_label(ours) == reduces_zero_label(mmsegs)
        assert settings(ours.pop('pipeline')) == settings(mmsegs.pop('pipeline'))
        assert ours == mmsegs
    assert {*theirs.val_evaluator.iou_metrics} <= {*cfg.val_evaluator.iou_metrics}
    assert cfg.auto_scale_lr.base_batch_size == 8 * cfg.train_dataloader.batch_size
    assert cfg.val_dataloader == cfg.test_dataloader


@pytest.mark.parametrize('name', NAMES)
def test_a_config_fits_its_data_set(name):
    dataset = name.rsplit('_', 1)[-1]
    cfg = load(name)
    check_bands(cfg)
    data = cfg.val_dataloader.dataset
    if dataset == 'mosaic':
        classes = data.metainfo['classes']
    else:
        classes = DATASETS.get(f'mmseg.{data.type}').METAINFO['classes']
    assert cfg.model.decode_head.num_classes == len(classes)
    iterations = ITERATIONS.get(dataset, 80_000)
    assert cfg.train_cfg.max_iters == cfg.param_scheduler[-1].end == iterations
    crop = cfg.model.data_preprocessor.size
    slides = dataset in ('chasedb1', 'mosaic')
    assert cfg.model.test_cfg.mode == ('slide' if slides else 'whole')
    assert not slides or cfg.model.test_cfg.crop_size == crop


@pytest.mark.parametrize('name', NAMES)
def test_variants_differ_as_on_the_papers_data_sets(name):
    _, arch, _ = name.split('_')
    paper = load(f'hrvit_{arch}_ade20k').model
    ours = load(name).model
    for model in (ours, paper):
        model.decode_head.pop('num_classes')
        model.pop('data_preprocessor')
        model.backbone.pop('in_channels', None)
        model.pop('test_cfg')
    assert ours == paper
    lines = (CONFIGS / f'{name}.py').read_text().splitlines()
    assert len(lines) < (23 if arch == 'b1' else 6)
