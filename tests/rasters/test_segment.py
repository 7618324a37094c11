"""Segmenting rasters into GeoTIFFs."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import rasterio
from mmengine.registry import MODELS

from endings import refused
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.export import read_metadata
from mmseg_hrvit.rasters import grid, segment
from mmseg_hrvit.rasters.segment import Options, RasterSegmentation
from raster_data import (
    CLASSES,
    CRS,
    PALETTE,
    PLACE,
    raster_config,
    read_files,
    read_raster,
    write_raster,
)
from reference import fill

SIZE = (300, 421)
# The reference is the path in memory, whose windows do not lie in strips and parts.


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Many parts in a small raster; a real part is 512 x 4096."""
    monkeypatch.setattr(grid, 'TILE', 128)
    monkeypatch.setattr(grid, 'STRIP_TILES', 1)
    monkeypatch.setattr('mmseg_hrvit.rasters.geotiff.TILE', 128)


def build(folder, bands=3, **changes):
    cfg = raster_config(folder, bands, pairs=[])
    network = fill(MODELS.build(cfg.model)).eval()
    return network, replace(read_metadata(cfg), **changes)


def draw(bands, dtype='uint8', size=SIZE, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 200, (bands, -(-size[0] // 30), -(-size[1] // 30)))
    image = coarse.repeat(30, 1).repeat(30, 2)[:, : size[0], : size[1]]
    return (image + rng.integers(0, 56, image.shape)).astype(dtype)


def in_memory(network, metadata, image):
    """Labels and probabilities by ``TiledEncoderDecoder``, of (bands, H, W)."""
    array = np.ascontiguousarray(image.transpose(1, 2, 0))
    (result,) = Segmenter(network, metadata)([array], probabilities=True)
    return result.labels, result.probabilities


def start(model, source, out, network='x', **options):
    return RasterSegmentation(*model, source, out, Options(**options), network)


def run(*args, shares=((0, 1),), advance=lambda *_: None, **options):
    job = start(*args, **options)
    for index, count in shares:
        job.run(index, count, advance)
    return job


@pytest.mark.parametrize(
    ('bands', 'dtype'), [(3, 'uint8'), (4, 'uint16'), (13, 'float32'), (1, 'uint8')]
)
def test_labels_are_those_of_the_path_in_memory(tmp_path, bands, dtype):
    model, image = build(tmp_path, bands), draw(bands, dtype)
    source = write_raster(tmp_path / 'a.tif', image)
    numbers = [*range(1, bands + 1)]
    run(model, source, tmp_path / 'out.tif', bands=numbers, probabilities=CLASSES)
    labels, chances = in_memory(*model, image.astype('float32' if bands > 3 else dtype))
    found = read_raster(tmp_path / 'out.tif')
    assert found.dtype == np.uint8
    assert np.array_equal(found[0], labels)
    assert len(np.unique(labels)) > 1
    levels = read_raster(tmp_path / 'out_probabilities.tif')
    assert np.abs(levels / 254 - chances).max() < 0.51 / 254
    assert not (tmp_path / 'out.tif.parts').exists()


def test_a_network_for_pictures_takes_red_green_blue(tmp_path):
    cfg = raster_config(tmp_path, 3, pairs=[])
    cfg.model.data_preprocessor.update(
        type='SegDataPreProcessor', mean=[100.0, 120.0, 140.0], bgr_to_rgb=True
    )
    cfg.test_dataloader.dataset.pipeline[0] = dict(type='LoadImageFromFile')
    model = fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)
    image = draw(3)
    source = write_raster(tmp_path / 'a.tif', image)
    run(model, source, tmp_path / 'out.tif')
    labels, _ = in_memory(*model, image[::-1])  # BGR, as pictures are read
    assert np.array_equal(read_raster(tmp_path / 'out.tif')[0], labels)


def test_a_geotiff_has_its_suffix(tmp_path):
    source = write_raster(tmp_path / 'in.tif', np.zeros((3, 64, 80), np.uint8))
    with pytest.raises(InputError, match=r'out\.png: choose a name that ends in \.tif'):
        run(build(tmp_path), source, tmp_path / 'out.png')


def test_whole_images_need_a_window(tmp_path):
    network, metadata = build(tmp_path, test_cfg=dict(mode='whole'))
    image = draw(3)
    source = write_raster(tmp_path / 'a.tif', image)
    out = tmp_path / 'out.tif'
    with pytest.raises(InputError, match='--window HEIGHT WIDTH'):
        run((network, metadata), source, out)
    run((network, metadata), source, out, window_size=(64, 80))
    network.test_cfg = dict(mode='slide', crop_size=(64, 80), stride=(48, 60))
    assert np.array_equal(read_raster(out)[0], in_memory(network, metadata, image)[0])


def test_place_colours_and_names(tmp_path):
    source = write_raster(tmp_path / 'a.tif', draw(3), nodata=200)
    run(build(tmp_path), source, tmp_path / 'out.tif')
    with rasterio.open(tmp_path / 'out.tif') as file, rasterio.open(source) as given:
        assert file.crs == given.crs == CRS
        assert file.transform == given.transform == PLACE
        assert file.bounds == given.bounds
        assert file.nodata == given.nodata == 200
        assert file.shape == SIZE
        assert file.is_tiled
        assert file.compression.name == 'deflate'
        table = file.colormap(1)
        assert [list(table[i][:3]) for i in range(4)] == PALETTE
        assert table[200] == (0, 0, 0, 0)
        assert [file.tags(1)[f'CLASS_{i}'] for i in range(4)] == list(CLASSES)
    text = (tmp_path / 'out.tif.aux.xml').read_text()
    assert all(f'<Category>{name}</Category>' in text for name in CLASSES)


def test_control_points_are_kept(tmp_path):
    source = write_raster(tmp_path / 'a.tif', draw(3), crs=None, transform=None)
    points = [
        rasterio.control.GroundControlPoint(row=r, col=c, x=10 + c, y=50 - r)
        for r, c in ((0, 0), (0, 400), (299, 0))
    ]
    with rasterio.open(source, 'r+') as file:
        file.gcps = points, rasterio.CRS.from_string('EPSG:4326')
    run(build(tmp_path), source, tmp_path / 'out.tif')
    with rasterio.open(tmp_path / 'out.tif') as file:
        found, crs = file.gcps
    assert [(p.row, p.col, p.x, p.y) for p in found] == [
        (p.row, p.col, p.x, p.y) for p in points
    ]
    assert crs == 'EPSG:4326'


def punch(image, value):
    """Puts no data where whole parts and windows lie, and in a corner of one."""
    image = image.copy()
    image[:, :250, :130] = value
    image[:, 280:, 400:] = value
    return image


@pytest.mark.parametrize('kind', ['own', 'class', 'alpha', 'nan'])
def test_no_data_stays_no_data(tmp_path, kind):
    image = punch(draw(3, 'float32' if kind == 'nan' else 'uint8'), 0)
    missing = (image == 0).all(0)
    options = dict(own=dict(nodata=222), alpha={}, nan={})
    options['class'] = dict(nodata=1)  # which is a class
    values = image
    if kind == 'alpha':
        values = np.concatenate([image, np.uint8(~missing)[None] * 255])
    else:
        value = dict(own=222, nan=np.nan)
        image = np.where(image == 1, 2, image)
        values = punch(image, value.get(kind, 1))
    if kind == 'own':
        values = np.where((values == 222) & ~missing, 221, values).astype(np.uint8)
    source = write_raster(tmp_path / 'a.tif', values, **options[kind])
    model = build(tmp_path)
    calls, real = [], model[0]._small_logits

    def count(windows, metas):
        calls.append(windows)
        return real(windows, metas)

    model[0]._small_logits = count
    run(model, source, tmp_path / 'out.tif', probabilities=['wood'])
    with rasterio.open(tmp_path / 'out.tif') as file, rasterio.open(source) as given:
        assert file.nodata == (222 if kind == 'own' else 255)
        mask = file.dataset_mask()
        if kind != 'nan':
            assert np.array_equal(mask, given.dataset_mask())
        assert np.array_equal(mask == 0, missing)
        found = file.read(1)
    levels = read_raster(tmp_path / 'out_probabilities.tif')[0]
    assert (levels[missing] == 255).all()
    assert levels[~missing].max() < 255
    # Windows without data are all the same: the network sees one of them.
    assert sum(bool((x == -2).all()) for x in calls) <= 1  # (0 - 128) / 64
    shown = np.where(missing, 0, values[:3])
    labels, _ = in_memory(*model, shown)
    assert np.array_equal(found[~missing], labels[~missing])


def test_a_single_logit_has_its_threshold(tmp_path):
    cfg = raster_config(tmp_path, 3, pairs=[])
    cfg.model.decode_head.update(num_classes=2, out_channels=1, threshold=0.4)
    cfg.model.decode_head.loss_decode = dict(type='CrossEntropyLoss', use_sigmoid=True)
    cfg.test_dataloader.dataset.metainfo = dict(classes=('no', 'yes'))
    model = fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)
    image = draw(3)
    source = write_raster(tmp_path / 'a.tif', image)
    run(model, source, tmp_path / 'out.tif', probabilities=['yes'])
    labels, chances = in_memory(*model, image)
    assert np.array_equal(read_raster(tmp_path / 'out.tif')[0], labels)
    assert 0 < labels.mean() < 1
    levels = read_raster(tmp_path / 'out_probabilities.tif')
    assert np.abs(levels / 254 - chances).max() < 0.51 / 254


@pytest.fixture
def undisturbed(tmp_path):
    """Starts the same run again; its files by name, and the model and the raster."""
    model = build(tmp_path)
    source = write_raster(tmp_path / 'a.tif', draw(3))
    whole = tmp_path / 'whole'
    run(model, source, whole / 'out.tif', probabilities=['wood', 'town'])
    again = partial(run, model, source, probabilities=['wood', 'town'])
    return read_files(whole), again


def test_stopped_anywhere_it_ends_with_the_same_file(tmp_path, undisturbed):
    expected, again = undisturbed
    out = tmp_path / 'stopped' / 'out.tif'

    def stop_after(number, done, _):
        if done == number:
            raise KeyboardInterrupt

    for number in (0, 1, 4, 4, 5, 11):
        with pytest.raises(KeyboardInterrupt):
            again(out, advance=partial(stop_after, number))
        assert not out.exists()
    seen = []
    again(out, advance=lambda *numbers: seen.append(numbers))
    assert seen[0] == (3, 12)
    assert min(done for done, _ in seen if done > 9) > 9
    assert read_files(out.parent) == expected


def test_several_processes_make_the_same_file(tmp_path, undisturbed):
    expected, again = undisturbed
    out = tmp_path / 'shared' / 'out.tif'
    parts = []
    for shares in ([(2, 3)], [(1, 3)]):
        job = start_share(again, out, *shares[0])
        parts.append(len(list(job.store.folder.glob('*.npz'))))
    assert parts == [4, 8]
    again(out)  # the first one finds what the others did
    assert read_files(out.parent) == expected


def start_share(again, out, index, count):
    job = start(*again.args, out, **again.keywords)
    job.store.begin()
    job._predict(index, count, lambda *_: None)
    return job


def test_what_is_done_is_not_done_again(tmp_path, undisturbed):
    expected, again = undisturbed
    out = tmp_path / 'whole/out.tif'
    before = out.stat().st_mtime_ns
    again(out, advance=pytest.fail)
    assert out.stat().st_mtime_ns == before
    assert read_files(out.parent) == expected


def test_parts_of_another_run_are_not_mixed(tmp_path, undisturbed):
    _, again = undisturbed
    out = tmp_path / 'other/out.tif'

    def stop(done, _):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        again(out, advance=stop)
    for change in (
        dict(network='y'),
        dict(window_size=(64, 64)),
        dict(bands=(1, 1, 1)),
    ):
        name = next(iter(change)).partition('_')[0]
        with pytest.raises(InputError, match=f'run with another .*{name}'):
            again(out, **change)
        with pytest.raises(InputError, match='another raster, network or windows'):
            again(tmp_path / 'whole/out.tif', **change)


def test_a_part_that_was_broken_is_told_and_done_again(tmp_path, undisturbed):
    expected, again = undisturbed
    out = tmp_path / 'broken/out.tif'
    job = start_share(again, out, 0, 1)
    path = sorted(job.store.folder.glob('*.npz'))[3]
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match='was broken'):
        again(out)
    again(out)
    assert read_files(out.parent) == expected


def test_a_file_that_is_not_what_was_written_is_refused(
    tmp_path, undisturbed, monkeypatch
):
    expected, again = undisturbed
    out = tmp_path / 'lost/out.tif'
    real = rasterio.io.DatasetWriter.write

    def lose(self, values, **options):
        real(self, values * 0 if options['window'][0][0] else values, **options)

    monkeypatch.setattr(rasterio.io.DatasetWriter, 'write', lose)
    with pytest.raises(
        InputError, match='the file does not have what was written'
    ) as error:
        again(out)
    assert '\n' not in str(error.value)
    assert not list(out.parent.glob('*.tif'))
    monkeypatch.undo()
    segment_again = read_files(tmp_path / 'whole')
    assert segment_again == expected


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(bands=(1, 2)), '--bands 1 2: the network takes 3 bands'),
        (dict(bands=(1, 2, 4)), 'has the bands 1 to 3, and band 4 is requested'),
        (dict(probabilities=['wod']), "no class is called 'wod': choose some of water"),
        (dict(window_size=(64, 64), stride=(65, 64)), 'windows would leave gaps'),
        (dict(window_size=(0, 64)), '--window 0 64: give 1 or more'),
    ],
)
def test_mistakes_are_one_line(tmp_path, options, message):
    source = write_raster(tmp_path / 'a.tif', draw(3))
    with refused() as error:
        start(build(tmp_path), source, tmp_path / 'out.tif', **options)
    assert message in str(error.value)


def test_a_truncated_raster_keeps_what_was_done(tmp_path):
    source = write_raster(tmp_path / 'a.tif', draw(3), interleave='pixel')
    with open(source, 'rb+') as file:
        file.truncate(source.stat().st_size - 100_000)
    with pytest.raises(DataError, match='cannot be read as a raster'):
        run(build(tmp_path), source, tmp_path / 'out.tif')
    assert len(list((tmp_path / 'out.tif.parts').glob('*.npz'))) > 0


def test_a_raster_of_one_row(tmp_path):
    model, image = build(tmp_path), draw(3, size=(1, 300))
    source = write_raster(tmp_path / 'a.tif', image)
    run(model, source, tmp_path / 'out.tif')
    assert np.array_equal(
        read_raster(tmp_path / 'out.tif')[0], in_memory(*model, image)[0]
    )


def test_strips_of_a_huge_raster_are_as_wide_as_of_a_small_one():
    cfg = dict(mode='slide', crop_size=(512, 512), stride=(384, 384))
    small, huge = (segment.lay_windows((n, n), cfg, False) for n in (5_000, 100_000))
    for x in (small, huge):
        assert max(map(len, x.strips)) == grid.TILE * grid.STRIP_TILES
        assert sum(map(len, x.strips)) == x.size[1]
    cols = huge.axes[1]
    most = max(len(cols.touching(strip)) for strip in huge.strips)
    assert most <= len(huge.strips[0]) / 384 + 3


def test_networks_for_pictures_read_16_bits_as_pictures_are_read(tmp_path):
    """The reference is OpenCV's reading of the same file."""
    network, metadata = build(tmp_path)
    metadata = replace(metadata, bands=None)
    rng = np.random.default_rng(0)
    image = (draw(3).astype(np.uint16) << 8) + rng.integers(0, 256, (3, *SIZE))
    source = write_raster(
        tmp_path / 'a.tif', image.astype(np.uint16), photometric='RGB', tiled=False
    )
    run((network, metadata), source, tmp_path / 'map.tif')
    expected = Segmenter(network, metadata)(source).labels
    with rasterio.open(tmp_path / 'map.tif') as file:
        assert np.array_equal(file.read(1), expected)
    assert len(np.unique(expected)) > 1


@pytest.mark.parametrize(
    ('values', 'told'),
    [
        (draw(3).astype(np.uint16) * 16, 'it uses 12 of its 16 bits'),
        (draw(3).astype(np.float32) / 255, 'its values are float32'),
        (draw(3).astype(np.int16), 'its values are int16'),
    ],
)
def test_values_that_are_no_picture(tmp_path, values, told):
    network, metadata = build(tmp_path)
    source = write_raster(tmp_path / 'a.tif', values)
    model = network, replace(metadata, bands=None)
    with pytest.raises(DataError, match=told):
        start(model, source, tmp_path / 'map.tif')
    start((network, metadata), source, tmp_path / 'map.tif')
