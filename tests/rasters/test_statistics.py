"""Mean and standard deviation of data sets."""

import numpy as np
import pytest
from mmengine.config import Config

import mmseg_hrvit
from data import make_ade20k, shrink
from hrvit_cli import Verb
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.rasters import statistics
from mmseg_hrvit.rasters.statistics import Statistics, measure
from raster_data import raster_config, write_raster


def test_blocks_add_up_far_from_zero():
    pixels = np.random.default_rng(0).normal(1e6, [1, 20], (1000, 2))
    found = Statistics()
    for block in np.split(pixels, [1, 1, 7, 400]):
        found.add(block)
    assert found.count == 1000
    assert np.allclose(found.mean, pixels.mean(0), rtol=1e-12)
    assert np.allclose(found.std, pixels.std(0), rtol=1e-9)


def test_rasters_block_by_block_without_their_nodata(tmp_path, monkeypatch):
    monkeypatch.setattr(statistics, 'BLOCK', 50)
    rng = np.random.default_rng(0)
    images = [rng.integers(1, 9000, (4, 120, 90 + i)).astype(np.uint16) for i in (0, 9)]
    images[0][:, :60] = 0
    for i, image in enumerate(images):
        write_raster(tmp_path / f'images/{i}.tif', image, nodata=0)
        write_raster(tmp_path / f'labels/{i}.tif', image[:1] * 0)
    cfg = raster_config(tmp_path, 4, pairs=[('images', 'labels')])
    cfg.train_dataloader.dataset.pipeline[0].bands = [4, 1]
    pixels = np.concatenate([image[[3, 0]].reshape(2, -1).T for image in images])
    pixels = pixels[pixels.any(1)]
    found = measure(cfg, 'train')
    assert found.count == len(pixels)
    assert np.allclose(found.mean, pixels.mean(0))
    assert np.allclose(found.std, pixels.std(0))


def test_pictures_in_the_order_red_green_blue(tmp_path, capsys):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    shrink(cfg, make_ade20k(tmp_path / 'data'))
    cfg.dump(tmp_path / 'net.py')
    import mmcv

    files = sorted((tmp_path / 'data/images/validation').iterdir())
    pixels = np.concatenate(
        [mmcv.imread(str(p)).reshape(-1, 3)[:, ::-1] for p in files]
    )
    Verb('band-statistics').main([str(tmp_path / 'net.py'), '--split', 'val'])
    shown = capsys.readouterr().out.splitlines()
    for line, name in zip(shown[-3:-1], ('mean', 'std'), strict=True):
        values = [
            float(x) for x in line.removeprefix(f'{name}=[').strip('],').split(',')
        ]
        assert np.allclose(values, getattr(pixels, name)(0), rtol=1e-4)
    assert shown[-1] == f'# of {len(pixels):,} pixels'


def test_a_split_that_is_not_there(tmp_path):
    cfg = raster_config(tmp_path, 4, pairs=[])
    cfg.test_dataloader = None
    with pytest.raises(InputError, match='no test_dataloader'):
        measure(cfg, 'test')
    with pytest.raises(InputError, match='RasterDataset has no pairs'):
        measure(cfg, 'train')
    write_raster(tmp_path / 'a.tif', np.zeros((4, 9, 9), np.uint16), nodata=0)
    write_raster(tmp_path / 'l.tif', np.zeros((1, 9, 9), np.uint8))
    cfg.train_dataloader.dataset.pairs = [('a.tif', 'l.tif')]
    with pytest.raises(InputError, match='no pixel with data'):
        measure(cfg, 'train')
