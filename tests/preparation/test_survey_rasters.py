"""Checking and browsing a data set of rasters."""

import numpy as np
import pytest

from mmseg_hrvit.preparation.browse import draw_samples
from mmseg_hrvit.preparation.survey import survey
from raster_data import draw_bands, draw_blocks, raster_config, write_raster


@pytest.fixture
def folder(tmp_path):
    for i in range(2):
        labels = draw_blocks(i, 4, (150, 130))
        labels[:10] = 255
        bands = draw_bands(labels, 4, 2, 'uint16', 9000, seed=i)
        write_raster(tmp_path / f'images/{i}.tif', bands)
        write_raster(tmp_path / f'labels/{i}.tif', labels[None].astype(np.int16))
    return tmp_path


def config(folder):
    return raster_config(folder, 4, pairs=[('images', 'labels')])


def test_all_pixels_are_counted(folder):
    found = survey(config(folder), 'val', 1)
    assert found.faults == []
    assert found.samples == 2 * 3 * 3
    assert found.ignored == 2 * 10 * 130
    expected = sum(
        np.bincount(draw_blocks(i, 4, (150, 130))[10:].ravel()) for i in range(2)
    )
    assert found.pixels.tolist() == expected.tolist()


def test_faults_are_named(folder):
    write_raster(folder / 'labels/0.tif', np.full((1, 150, 130), 4, np.uint8))
    write_raster(folder / 'labels/1.tif', np.zeros((1, 150, 131), np.uint8))
    faults = survey(config(folder), 'val', 1).faults
    assert len(faults) == 18
    assert 'labels/0.tif' in faults[0]
    assert 'has the values 4' in faults[0]
    assert 'has the size (150, 131)' in faults[-1]


def test_samples_are_drawn_as_composites(folder):
    pictures = draw_samples(config(folder), 3, 0.5, 0)
    assert len(pictures) == 3
    for picture in pictures:
        assert picture.shape[1:] == (64, 3)
        assert picture[:64].std() > 10
