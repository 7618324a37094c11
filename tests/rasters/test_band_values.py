"""Values of bands that cannot be meant, and those that can."""

import numpy as np
import pytest

from hrvit_cli import Verb
from mmseg_hrvit.rasters.band_values import BandValues, join
from mmseg_hrvit.rasters.band_warnings import find_band_warnings
from raster_data import draw_bands, draw_blocks, raster_config, write_raster

RNG = np.random.default_rng(0)


def values(pixels, kind='uint16', path='a.tif', scale=1.0, offset=0.0):
    """Values of one band, in two crops."""
    pixels = np.asarray(pixels, float).reshape(-1, 1)
    crops = [BandValues(path, [(kind, scale, offset)]) for _ in range(2)]
    for crop, part in zip(crops, np.array_split(pixels, 2), strict=True):
        for block in np.array_split(part, 3):
            crop.add(block)
    return crops


def look(train, val=None, mean=None, std=None):
    found = dict(train=train) | (dict(val=val) if val else {})
    lines = find_band_warnings(found, mean and [mean], std and [std])
    return [line for split in lines.values() for line in split]


REFLECTANCE = RNG.gamma(4, 500, 9000).round()
DECIBEL = RNG.normal(-12, 4, 9000)
HEIGHTS = np.r_[np.zeros(3000), RNG.normal(540, 12, 6000).round(1)]  # a lake, hills
CLOUDS = np.r_[REFLECTANCE, RNG.uniform(20000, 65535, 300).round(), [65535] * 99]


@pytest.mark.parametrize(
    'pixels', [REFLECTANCE, DECIBEL, HEIGHTS, CLOUDS, RNG.integers(0, 256, 9000)]
)
def test_measurements_are_no_faults(pixels):
    mean, std = float(np.mean(pixels)), float(np.std(pixels))
    other = RNG.permutation(pixels)[:500] * 1.3
    assert look(values(pixels), values(other), mean, std) == []


def test_landscapes_may_differ():
    plain, alps = RNG.normal(50, 15, 5000), RNG.normal(2000, 600, 5000)
    assert look(values(plain, 'float32'), values(alps, 'float32')) == []
    assert look(values(alps, 'float32'), values(plain, 'float32')) == []


@pytest.mark.parametrize(
    ('fill', 'kind'),
    [
        (-9999, 'int16'),
        (-32768, 'int16'),
        (-3.4028235e38, 'float32'),
        (1e38, 'float32'),
        (65535, 'uint16'),
    ],
)
def test_a_value_for_no_data(fill, kind):
    pixels = np.r_[REFLECTANCE, [fill] * 50]
    (line,) = look(values(REFLECTANCE, kind) + values(pixels, kind, 'b.tif'))
    assert f'train: band 1 of b.tif has the value {fill:.8g}, and all others' in line
    assert f'`gdal_edit.py -a_nodata {fill:.8g}`' in line


def test_other_units():
    scaled = values(REFLECTANCE / 10000, 'float32', 'b.tif')
    (line,) = look(values(REFLECTANCE), scaled)
    assert line.startswith('val: band 1 has float32 ')
    (line,) = look(values(REFLECTANCE), values(REFLECTANCE / 40, 'uint8', 'b.tif'))
    assert 'val: band 1 has uint8 ' in line
    (line,) = look(values(REFLECTANCE, scale=1e-4), values(REFLECTANCE, path='b.tif'))
    assert 'b.tif has scale 1 and offset 0, but that of a.tif has 0.0001 and 0' in line
    moved = values(REFLECTANCE, offset=-1000.0, path='b.tif')
    (line,) = look(values(REFLECTANCE) + moved)
    assert 'b.tif has scale 1 and offset -1000, but that of a.tif' in line


@pytest.mark.parametrize('pixels', [REFLECTANCE, REFLECTANCE / 10000])
def test_a_config_that_was_never_measured(pixels):
    (line,) = look(values(pixels), mean=128.0, std=64.0)
    assert 'data_preprocessor has 128 and 64: measure them' in line


def test_parts_are_joined():
    joined = join(values(REFLECTANCE))
    assert joined.statistics.count == len(REFLECTANCE)
    assert joined.statistics.std == pytest.approx(REFLECTANCE.std())
    ordered = np.unique(REFLECTANCE)
    assert joined.least[:, 0].tolist() == ordered[:2].tolist()
    assert joined.largest[:, 0].tolist() == ordered[:-3:-1].tolist()


@pytest.fixture
def mosaic(tmp_path):
    for seed, split in enumerate(('train', 'val')):
        labels = draw_blocks(seed, 4, (150, 170))
        bands = draw_bands(labels, 3, 0, 'int16', 250, seed)
        bands[:, :40] = -9999 if split == 'train' else bands[:, :40]
        write_raster(tmp_path / f'{split}.tif', bands)
        write_raster(tmp_path / f'{split}_labels.tif', labels[None])
    cfg = raster_config(tmp_path, pairs=[('train.tif', 'train_labels.tif')])
    cfg.val_dataloader.dataset.pairs = [('val.tif', 'val_labels.tif')]
    cfg.dump(tmp_path / 'cfg.py')
    return tmp_path


def run(verb, *args):
    with pytest.raises(SystemExit) as exit:
        Verb(verb).main([str(arg) for arg in args])
    return exit.value.code


def test_the_commands_name_it(mosaic, capsys):
    assert run('check', mosaic / 'cfg.py', '--workers', 1) == 1
    told = 'train.tif has the value -9999, and all others are '
    assert told in capsys.readouterr().out
    Verb('band-statistics').main([str(mosaic / 'cfg.py')])
    assert capsys.readouterr().err.count(told) == 3  # of each band
    Verb('band-statistics').main([str(mosaic / 'cfg.py'), '--split', 'val'])
    assert 'warning' not in capsys.readouterr().err
