"""Checking and browsing a data set of rasters."""

import numpy as np
import pytest
import rasterio
from PIL import Image

from mmseg_hrvit.datasets.label_warnings import find_warnings
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


def test_nodata_that_is_a_class_is_named(folder):
    for i in range(2):
        with rasterio.open(folder / f'labels/{i}.tif', 'r+') as file:
            file.nodata = 0
    (line,) = find_warnings(survey(config(folder), 'train', 1), 'train')
    assert "0 means no data in the label rasters, but it is the number of 'wat" in line
    assert 'unsetnodata' in line
    cfg = config(folder)
    cfg.train_dataloader.dataset.reduce_zero_label = True  # then 0 is no class
    found = find_warnings(survey(cfg, 'train', 1), 'train')
    assert not [line for line in found if 'means no data' in line]


def test_only_folders_of_rasters_have_images_that_are_left_out(folder):
    for name in ('images/2.png', 'labels/2.png', 'quicklook.png'):
        Image.new('RGB', (9, 9)).save(folder / name)
    (line,) = find_warnings(survey(config(folder), 'train', 1), 'train')
    assert f'leaves out 1 image: {folder / "images/2.png"}' in line
    cfg = config(folder)
    cfg.train_dataloader.dataset.pairs = [('images/0.tif', 'labels/0.tif')]
    assert find_warnings(survey(cfg, 'train', 1), 'train') == []


def test_label_rasters_without_a_raster_are_named(folder):
    write_raster(folder / 'labels/9.tif', np.zeros((1, 150, 130), np.uint8))
    found = survey(config(folder), 'train', 1)
    assert found.faults == [
        f'label map {folder / "labels/9.tif"} has no image: add it, or remove the file'
    ]


def test_further_images_of_a_tiff_are_mentioned(folder):
    pages = [Image.fromarray(draw_blocks(i, 200, (64, 64))) for i in range(2)]
    pages[0].save(folder / 'images/0.tif', save_all=True, append_images=pages[1:])
    write_raster(folder / 'labels/0.tif', np.zeros((1, 64, 64), np.uint8))
    cfg = raster_config(folder, 1, pairs=[('images/0.tif', 'labels/0.tif')])
    found = find_warnings(survey(cfg, 'train', 1), 'train')
    (line,) = [line for line in found if 'only the first is read' in line]
    assert 'images/0.tif has 2 images' in line
    assert 'GTIFF_DIR:2:' in line
