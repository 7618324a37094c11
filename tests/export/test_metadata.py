"""What a config tells a file."""

import json

import pytest
from mmengine.config import Config

import mmseg_hrvit
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Metadata, read_metadata
from mmseg_hrvit.export.metadata import fix_size


def read(name):
    return read_metadata(Config.fromfile(mmseg_hrvit.config(name)))


def test_camvid():
    metadata = read('hrvit_b1_camvid')
    assert len(metadata.classes) == len(metadata.palette) == 11
    assert metadata.classes[0] == 'sky'
    assert metadata.scale == [480, 360]
    assert metadata.keep_ratio
    assert metadata.rgb
    assert metadata.mean == [123.675, 116.28, 103.53]
    assert metadata.test_cfg['mode'] == 'whole'
    assert metadata.threshold is None


def test_through_a_file_and_back():
    metadata = read('hrvit_b1_cityscapes')
    assert metadata.test_cfg['mode'] == 'slide'
    back = Metadata.from_json(metadata.to_json(), 'x.onnx')
    assert back.to_json() == metadata.to_json()
    assert back.classes == metadata.classes


@pytest.mark.parametrize('text', [None, '', 'no JSON', '{"classes": []}', '{"a": 1}'])
def test_foreign_files_are_refused(text):
    with pytest.raises(InputError, match=r'x\.onnx: was not written'):
        Metadata.from_json(text, 'x.onnx')


@pytest.mark.parametrize(
    'change',
    [
        dict(classes=None),
        dict(classes=['road']),
        dict(classes=[*range(11)]),
        dict(classes=['road'] * 11),
        dict(classes=[], palette=[]),
        dict(palette=[[1, 2, 3]]),
        dict(palette=[[1, 2]] * 11),
        dict(std=[1.0]),
        dict(test_cfg='x'),
        dict(size=[5]),
        dict(size='ab'),
        dict(scale=[0, 5]),
    ],
)
def test_metadata_that_contradict_themselves_are_refused(change):
    values = json.loads(read('hrvit_b1_camvid').to_json()) | change
    with pytest.raises(InputError, match=r'x\.onnx: was not written'):
        Metadata.from_json(json.dumps(values), 'x.onnx')


def test_a_fixed_size():
    fixed = fix_size(read('hrvit_b1_camvid'), (96, 160))
    assert (fixed.size, fixed.scale, fixed.keep_ratio) == ([96, 160], [160, 96], False)
    city = read('hrvit_b1_cityscapes')
    window = list(city.test_cfg['crop_size'])
    assert fix_size(city, window).size == window
    with pytest.raises(InputError, match='slides windows of'):
        fix_size(city, (96, 160))
    with pytest.raises(InputError, match='positive'):
        fix_size(city, (0, 160))


def test_configs_that_say_too_little():
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    cfg.model.data_preprocessor.mean = None
    with pytest.raises(InputError, match='mean and std'):
        read_metadata(cfg)
    cfg.pop('test_dataloader')
    with pytest.raises(InputError, match=r'test_dataloader\.dataset'):
        read_metadata(cfg)


@pytest.mark.parametrize(
    ('step', 'told'),
    [
        (dict(type='ResizeShortestEdge', scale=64), 'ResizeShortestEdge'),
        (dict(type='Resize', scale_factor=0.5), 'Resize without scale'),
        (dict(type='mmseg.CLAHE'), 'CLAHE'),
    ],
)
def test_steps_that_a_file_cannot_say_are_refused(step, told):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    cfg.test_dataloader.dataset.pipeline.insert(1, step)
    with pytest.raises(InputError, match=f'pipeline: {told} cannot be written'):
        read_metadata(cfg)
