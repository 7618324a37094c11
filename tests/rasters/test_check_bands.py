"""Configs in which numbers of bands differ."""

import numpy as np
import pytest
import torch

from endings import refused
from mmseg_hrvit import BandDataPreProcessor
from mmseg_hrvit.engine.preflight import check_config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.rasters import check_bands
from mmseg_hrvit.rasters.composite import compose_bands
from raster_data import raster_config


@pytest.fixture
def cfg(tmp_path):
    cfg = raster_config(tmp_path, 4, pairs=[])
    cfg.launcher = 'none'
    return cfg


def test_a_config_that_fits(cfg):
    check_bands(cfg)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'model.backbone.in_channels': 3}, 'model.backbone.in_channels 3'),
        ({'model.data_preprocessor.mean': [1.0] * 3}, 'data_preprocessor.mean 3'),
        ({'model.data_preprocessor.std': [1.0] * 5}, 'data_preprocessor.std 5'),
    ],
)
def test_numbers_that_differ_are_one_line(cfg, change, message):
    cfg.merge_from_dict(change)
    with refused('make them equal') as error:
        check_config(cfg, ('train',))
    assert message in str(error.value)


def test_bands_of_the_loader(cfg):
    cfg.val_dataloader.dataset.pipeline[0].bands = [1, 2]
    with pytest.raises(InputError, match='LoadRaster in val_dataloader 2'):
        check_bands(cfg)


def test_mmsegs_preprocessor_takes_no_four_bands(cfg):
    cfg.model.data_preprocessor.type = 'SegDataPreProcessor'
    with pytest.raises(InputError, match=r"type='mmseg_hrvit\.BandDataPreProcessor'"):
        check_bands(cfg)


def test_the_preprocessor_normalises_and_pads():
    build = BandDataPreProcessor([10.0, 20, 30, 40], [2.0, 4, 5, 8], size=(6, 7))
    image = torch.randint(0, 255, (4, 5, 7), dtype=torch.uint8)
    found = build(dict(inputs=[image]), training=False)['inputs']
    mean, std = torch.tensor([10, 20, 30, 40]), torch.tensor([2, 4, 5, 8])
    expected = (image - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)
    assert torch.allclose(found[0], expected)
    assert not build.state_dict()  # checkpoints are those of mmseg's


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(mean=[1.0] * 4, std=[1.0] * 3), '4 values of mean and 3 of std'),
        (dict(mean=[1.0], std=[0.0]), 'each std above 0'),
        (dict(mean=[1.0] * 3, std=[1.0] * 3, bgr_to_rgb=True), 'bgr_to_rgb=True'),
    ],
)
def test_a_preprocessor_that_cannot_be_built(options, message):
    with pytest.raises(InputError, match=message):
        BandDataPreProcessor(**options)


def test_an_image_with_other_bands():
    build = BandDataPreProcessor([1.0] * 4, [1.0] * 4)
    with pytest.raises(InputError, match=r'images have 3 bands, but .* has 4 values'):
        build(dict(inputs=[torch.zeros(3, 8, 8)]))


def test_a_composite():
    bands = np.zeros((4, 10, 10), np.uint8)
    bands[0], bands[1], bands[2] = 10, 20, 30
    assert compose_bands(bands)[0, 0].tolist() == [30, 20, 10]
    assert compose_bands(bands[:1])[0, 0].tolist() == [10] * 3
    wide = np.linspace(100, 9000, 100, dtype=np.float32).reshape(1, 10, 10)
    found = compose_bands(wide)
    assert found[0, 0].tolist() == [0] * 3
    assert found[-1, -1].tolist() == [255] * 3
    assert 120 < found[5, 0, 0] < 135
