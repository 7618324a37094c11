"""Rasters as a data set of crops."""

import re

import numpy as np
import pytest
from mmengine.registry import DATASETS

from endings import refused
from mmseg_hrvit.datasets.sample_stream import StreamDataset
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.rasters import raster_dataset
from raster_data import CLASSES, draw_blocks, write_raster

LOAD = [dict(type='mmseg_hrvit.LoadRaster'), dict(type='PackSegInputs')]


def write_pair(folder, name, size, labels=None):
    """A raster whose two bands say row and column of every pixel, and its labels."""
    places = np.indices(size).astype(np.uint16)
    labels = draw_blocks(0, 4, size) if labels is None else labels
    write_raster(folder / f'images/{name}.tif', places)
    write_raster(folder / f'labels/{name}.tif', labels[None])


def config(folder, **options):
    return dict(
        type='mmseg_hrvit.RasterDataset',
        data_root=str(folder),
        metainfo=dict(classes=CLASSES),
        pipeline=LOAD,
        **{'pairs': [('images', 'labels')], **options},
    )


def build(folder, **options):
    return DATASETS.build(config(folder, **options))


def places(sample):
    """Rows and columns of a sample's pixels in its raster."""
    return sample['inputs'].numpy().astype(int)


def test_every_pixel_once(tmp_path):
    write_pair(tmp_path, 'a', (50, 70))
    write_pair(tmp_path, 'sub/b', (20, 30))
    dataset = build(tmp_path, crop_size=(32, 32))
    assert len(dataset) == 2 * 3 + 1
    seen = {}
    for sample in dataset:
        name = sample['data_samples'].img_path
        counts = seen.setdefault(name, np.zeros((50, 70), int))
        rows, cols = places(sample)
        counts[rows, cols] += 1
        expected = draw_blocks(0, 4, (50, 70) if name.endswith('a.tif') else (20, 30))
        labels = sample['data_samples'].gt_sem_seg.data[0].numpy()
        assert np.array_equal(labels, expected[rows, cols])
    assert (seen[str(tmp_path / 'images/a.tif')] == 1).all()
    assert seen[str(tmp_path / 'images/sub/b.tif')].sum() == 600


def test_whole_rasters(tmp_path):
    write_pair(tmp_path, 'a', (50, 70))
    (sample,) = build(tmp_path)
    assert sample['inputs'].shape == (2, 50, 70)


def test_random_crops_are_drawn_from_the_position_in_the_stream(tmp_path):
    write_pair(tmp_path, 'a', (300, 200))
    cfg = config(tmp_path, crop_size=(64, 32), random_crops=True)
    stream = StreamDataset(cfg, seed=1)
    assert len(stream) == 5 * 7
    corners = {
        (places(stream[i, 0])[:, 0, 0].tolist()[0], places(stream[i, 0])[1, 0, 0])
        for i in range(20)
    }
    assert len(corners) == 20  # anywhere, though the index is the same
    again = StreamDataset(cfg, seed=1)
    assert np.array_equal(places(stream[3, 0]), places(again[3, 0]))
    assert all(places(stream[i, i])[0].shape == (64, 32) for i in range(35))
    rows = np.array([places(stream[i, 0])[0, 0, 0] for i in range(100)])
    assert rows.min() < 25
    assert rows.max() > 236 - 25
    assert abs(rows.mean() - 236 / 2) < 25


def test_a_raster_smaller_than_the_crop(tmp_path):
    write_pair(tmp_path, 'a', (20, 90))
    dataset = build(tmp_path, crop_size=(64, 64), random_crops=True)
    assert dataset[0]['inputs'].shape == (2, 20, 64)


def test_crops_without_labels_are_drawn_again(tmp_path):
    labels = np.full((400, 400), 255, np.uint8)
    labels[:, :100] = 1
    write_pair(tmp_path, 'a', (400, 400), labels)
    options = dict(crop_size=(64, 64), random_crops=True)

    def share(**more):
        np.random.seed(0)
        dataset = build(tmp_path, **options, **more)
        maps = [dataset[0]['data_samples'].gt_sem_seg.data for _ in range(25)]
        return np.mean([(labels < 255).float().mean() > 0.2 for labels in maps])

    assert share() < 0.5
    assert share(min_labelled=0.2) > 0.75


def test_only_the_crop_is_read(tmp_path, monkeypatch):
    write_pair(tmp_path, 'a', (600, 700))
    read, real = [], raster_dataset.Raster.read

    def count(self, rows, cols):
        read.append(len(rows) * len(cols))
        return real(self, rows, cols)

    monkeypatch.setattr(raster_dataset.Raster, 'read', count)
    build(tmp_path, crop_size=(64, 64), random_crops=True)[0]
    assert read == [64 * 64] * 2


@pytest.mark.parametrize(
    ('options', 'error', 'message'),
    [
        (
            dict(pairs=[('images', 'labels')], img_suffix='.jp2'),
            InputError,
            'no raster *.jp2',
        ),
        (
            dict(pairs=[('none.tif', 'labels/a.tif')]),
            DataError,
            'none.tif cannot be read',
        ),
        (dict(pairs=['images']), InputError, 'give pairs of a raster and its labels'),
        (dict(random_crops=True), InputError, 'random_crops needs a crop_size'),
    ],
)
def test_mistakes_are_one_line(tmp_path, options, error, message):
    write_pair(tmp_path, 'a', (50, 70))
    with refused(re.escape(message), error=error):
        build(tmp_path, **options)


def test_a_label_raster_that_is_missing(tmp_path):
    write_pair(tmp_path, 'a', (50, 70))
    (tmp_path / 'labels/a.tif').unlink()
    with pytest.raises(DataError, match=r'labels/a.tif cannot be read.*No such file'):
        build(tmp_path)[0]
