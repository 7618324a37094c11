from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import HOOKS, MODELS
from mmseg.datasets import BaseSegDataset
from PIL import Image
from torch import nn

import mmseg_hrvit
from data import draw_pair, make_camvid, use_tiny_arch
from mmseg_hrvit.datasets import CamVidDataset
from mmseg_hrvit.engine import LabelSurveyHook
from mmseg_hrvit.engine.hooks import label_survey
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.rasters import RasterDataset
from raster_data import CLASSES, PALETTE, draw_bands, draw_blocks, write_raster

PIPELINE = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


class Logger:
    """Keeps what it is told."""

    def __init__(self):
        self.told, self.warned = [], []
        self.info, self.warning = self.told.append, self.warned.append


@pytest.fixture
def root(tmp_path):
    return make_camvid(tmp_path, 3)


def load(root, split, pipeline=PIPELINE):
    folders = dict(img_path=f'images/{split}', seg_map_path=f'annotations/{split}')
    dataset = CamVidDataset(data_root=str(root), data_prefix=folders, pipeline=pipeline)
    return SimpleNamespace(dataloader=SimpleNamespace(dataset=dataset, batch_size=2))


def make_runner(root, **cfg):
    return SimpleNamespace(
        model=None,
        cfg=Config(cfg),
        logger=Logger(),
        train_loop=load(root, 'train'),
        val_loop=load(root, 'val'),
        test_loop=load(root, 'val'),
    )


def spoil(root, split, value):
    """Makes all label maps of a split masks of a value."""
    for path in root.glob(f'annotations/{split}/*.png'):
        labels = np.zeros((96, 128), np.uint8)
        labels[:40] = value
        Image.fromarray(labels).save(path)


def test_a_table_and_no_warning(root):
    runner = make_runner(root)
    LabelSurveyHook(strict=True).before_train(runner)
    (text,) = runner.logger.told
    rows = [line.replace('|', ' ').split() for line in text.splitlines()]
    assert ['class', 'train', '(%)', 'images', 'val', '(%)', 'images'] in rows
    assert sum(row[:1] == ['bicyclist'] for row in rows) == 1
    assert 'train: 3 of 3 label maps, ' in text and 'val: 3 of 3' in text
    assert not runner.logger.warned


def test_warnings_become_an_error_if_that_is_asked_for(root):
    spoil(root, 'val', 255)
    runner = make_runner(root)
    LabelSurveyHook().before_train(runner)
    (line,) = runner.logger.warned
    assert line.startswith("val: 'sky' is the only class") and '0/255 mask' in line
    with pytest.raises(InputError, match=r'0/255 masks.*LabelSurveyHook.strict'):
        LabelSurveyHook(strict=True).before_train(make_runner(root))
    with pytest.raises(InputError, match=r'^test: '):
        LabelSurveyHook(strict=True).before_test(make_runner(root))


def test_a_normalisation_for_other_units_is_told(root):
    preprocessor = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    runner = make_runner(root, model=dict(data_preprocessor=preprocessor))
    LabelSurveyHook().before_train(runner)
    (line,) = runner.logger.warned
    assert line.startswith('train: images have values from 0 to 255, but mean [0.485')


def test_images_of_the_training_set_in_the_validation_set_are_told(root):
    copy = root / 'images/val/0001TP_000000.jpg'
    copy.write_bytes((root / 'images/train/0001TP_000001.jpg').read_bytes())
    runner = make_runner(root)
    LabelSurveyHook().before_train(runner)
    (line,) = runner.logger.warned
    assert line.startswith(f'val: 1 of 3 images is also in train, such as {copy} (')


@pytest.mark.parametrize('share', [0.0, 0.5])
def test_a_fault_ends_a_run_that_must_not_skip(root, share):
    spoil(root, 'train', 77)
    runner = make_runner(root, max_unusable_share=share)
    if share:
        LabelSurveyHook().before_train(runner)
        return
    with pytest.raises(DataError, match='has the values 77'):
        LabelSurveyHook().before_train(runner)


def test_what_has_no_label_maps_is_left_alone(root, monkeypatch):
    runner = make_runner(root)
    for loop in (runner.train_loop, runner.val_loop):
        loop.dataloader.dataset = SimpleNamespace(data=[1])
    LabelSurveyHook().before_train(runner)
    runner = make_runner(root)
    LabelSurveyHook(seconds=0).before_train(runner)
    monkeypatch.setattr(label_survey, 'is_main_process', lambda: False)
    LabelSurveyHook().before_train(runner)
    assert not runner.logger.told


def test_many_classes_are_cut_short(root):
    runner = make_runner(root)
    dataset = BaseSegDataset(
        data_root=str(root),
        metainfo=dict(classes=[f'c{i}' for i in range(40)]),
        data_prefix=dict(img_path='images/val', seg_map_path='annotations/val'),
        pipeline=PIPELINE,
    )
    runner.test_loop.dataloader.dataset = dataset
    LabelSurveyHook().before_test(runner)
    assert 'and 20 more classes' in runner.logger.told[0]
    assert 'c19' in runner.logger.told[0] and 'c20' not in runner.logger.told[0]


@pytest.mark.parametrize('use_sigmoid', [False, True])
def test_one_class_under_softmax_is_refused(root, use_sigmoid):
    cfg = use_tiny_arch(Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid')))
    cfg.model.decode_head.num_classes = 1
    cfg.model.decode_head.loss_decode.use_sigmoid = use_sigmoid
    runner = make_runner(root)
    runner.model = MODELS.build(cfg.model)
    if use_sigmoid:
        LabelSurveyHook().before_train(runner)
        return
    with pytest.raises(InputError, match='decode_head has one class under softmax'):
        LabelSurveyHook().before_train(runner)


def test_shipped_configs_have_it():
    hooks = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k')).custom_hooks
    (cfg,) = [hook for hook in hooks if hook.type.endswith('LabelSurveyHook')]
    assert isinstance(HOOKS.build(cfg), LabelSurveyHook)


@pytest.mark.parametrize(
    ('sizes', 'change', 'is_refused'),
    [
        ([(96, 128), (50, 60)], [], False),  # padded to the size
        ([(96, 128), (130, 140)], [], True),
        ([(130, 140), (130, 140)], [], False),
        (
            [(96, 128), (130, 140)],
            [dict(type='RandomCrop', crop_size=(96, 128))],
            False,
        ),
    ],
)
def test_images_of_several_sizes_that_stay_so_are_refused(
    root, sizes, change, is_refused
):
    names = [f'0001TP_{i:06d}' for i in range(3)]
    for name, size in zip(names, [*sizes, sizes[0]], strict=True):
        draw_pair(
            root / f'images/train/{name}.jpg',
            root / f'annotations/train/{name}.png',
            [0, 1],
            size=size,
        )
    runner = make_runner(root)
    loader = load(root, 'train', [*PIPELINE, *change]).dataloader
    runner.train_loop.dataloader = loader
    loader.batch_size = 2
    runner.model = nn.Identity()
    runner.model.data_preprocessor = SimpleNamespace(size=(96, 128))
    if not is_refused:
        LabelSurveyHook().before_train(runner)
        return
    with pytest.raises(
        InputError, match=r'sizes \(96 x 128, 130 x 140\) cannot be one'
    ):
        LabelSurveyHook().before_train(runner)


@pytest.fixture
def rasters(tmp_path):
    """A run on rasters, of which those for training have undeclared nodata."""
    for split, fill in dict(train=-9999, val=0).items():
        labels = draw_blocks(0, 4, (150, 170))
        bands = draw_bands(labels, 3, 0, 'int16', 250)
        bands[:, :60] = fill or bands[:, :60]
        write_raster(tmp_path / f'{split}.tif', bands)
        write_raster(tmp_path / f'{split}_labels.tif', labels[None])

    def load_rasters(split):
        dataset = RasterDataset(
            pairs=[(f'{split}.tif', f'{split}_labels.tif')],
            data_root=str(tmp_path),
            metainfo=dict(classes=CLASSES, palette=PALETTE),
            crop_size=(64, 64),
            random_crops=split == 'train',
            pipeline=[dict(type='mmseg_hrvit.LoadRaster')],
        )
        return SimpleNamespace(
            dataloader=SimpleNamespace(dataset=dataset, batch_size=1)
        )

    return SimpleNamespace(
        model=None,
        cfg=Config(),
        logger=Logger(),
        train_loop=load_rasters('train'),
        val_loop=load_rasters('val'),
    )


def test_rasters_are_looked_at_before_a_run(rasters):
    """Without a number drawn from NumPy's state, which random crops draw from."""
    np.random.seed(0)
    LabelSurveyHook().before_train(rasters)
    assert np.random.rand() == np.random.RandomState(0).rand()
    (line,) = rasters.logger.warned
    assert 'train.tif has the value -9999, and all others are' in line
    assert 'val: 9 of 9 label maps' in rasters.logger.told[0]


def test_only_crops_that_are_read_are_drawn(rasters, monkeypatch):
    """A random crop reads labels, again and again, until it has enough."""
    drawn, get_data_info = [], RasterDataset.get_data_info

    def draw(self, idx):
        drawn.append(idx)
        return get_data_info(self, idx)

    monkeypatch.setattr(RasterDataset, 'get_data_info', draw)
    LabelSurveyHook(seconds=1e-9).before_train(rasters)
    assert 'val: 1 of 9 label maps' in rasters.logger.told[0]
    assert len(drawn) == 2
