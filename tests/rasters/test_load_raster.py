"""Reading rasters with their labels."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from endings import refused
from mmseg_hrvit import LoadRaster
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.rasters import reading
from raster_data import CRS, PLACE, draw_blocks, write_raster

RNG = np.random.default_rng(0)


def draw(dtype, bands=4, size=(40, 60)):
    return RNG.integers(1, 200, (bands, *size)).astype(dtype)


def load(path, labels=None, window=None, **options):
    sample = dict(img_path=str(path), seg_fields=[])
    sample |= dict(seg_map_path=str(labels)) if labels else {}
    sample |= dict(window=window) if window else {}
    return LoadRaster(**options)(sample)


def refuse(*args, **options):
    with refused(error=DataError) as error:
        load(*args, **options)
    return str(error.value)


@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'int16', 'float32', 'float64'])
def test_bands_in_the_order_that_is_asked(tmp_path, dtype):
    values = draw(dtype)
    path = write_raster(tmp_path / 'a.tif', values)
    found = load(path, bands=(4, 1))
    assert found['img'].dtype == ('uint8' if dtype == 'uint8' else 'float32')
    assert np.array_equal(found['img'], values[[3, 0]].transpose(1, 2, 0))
    assert found['img_shape'] == found['ori_shape'] == (40, 60)


def test_other_formats_and_an_alpha_band(tmp_path):
    values = draw('uint8')
    values[3, :10] = 0
    path = tmp_path / 'a.png'
    write_raster(path, values, driver='PNG', tiled=False, crs=None, transform=None)
    labels = write_raster(tmp_path / 'l.tif', draw('uint8', 1))
    found = load(path, labels)
    assert found['img'].shape == (40, 60, 3)  # alpha is no band of the picture
    ignored = found['gt_seg_map'] == 255
    assert ignored[:10].all()
    assert not ignored[10:].any()


def test_a_band_that_is_asked_for_is_no_alpha(tmp_path):
    values = draw('uint8')
    values[3, :10] = 0
    path = write_raster(tmp_path / 'a.tif', values)
    with rasterio.open(path) as file:
        assert file.colorinterp[3].name == 'alpha'  # GDAL's guess
    labels = write_raster(tmp_path / 'l.tif', draw('uint8', 1))
    found = load(path, labels, bands=(1, 2, 3, 4))
    assert np.array_equal(found['img'], values.transpose(1, 2, 0))
    assert (found['gt_seg_map'] < 255).all()


def test_a_window_alone_is_read(tmp_path):
    values = draw('uint16')
    path = write_raster(tmp_path / 'a.tif', values)
    labels = draw('uint8', 1)
    found = load(
        path, write_raster(tmp_path / 'l.tif', labels), window=((5, 15), (20, 50))
    )
    assert np.array_equal(found['img'], values[:, 5:15, 20:50].transpose(1, 2, 0))
    assert np.array_equal(found['gt_seg_map'], labels[0, 5:15, 20:50])
    assert found['seg_fields'] == ['gt_seg_map']


def test_nodata_is_ignored_where_no_band_has_data(tmp_path):
    values = draw('int16', 2)
    values[:, :5] = -9999
    values[0, 5:10] = -9999
    path = write_raster(tmp_path / 'a.tif', values, nodata=-9999)
    found = load(path, write_raster(tmp_path / 'l.tif', draw('uint8', 1)), fill=7)
    assert (found['gt_seg_map'][:5] == 255).all()
    assert (found['gt_seg_map'][5:] < 255).all()
    assert (found['img'][:5] == 7).all()
    assert (found['img'][5:10, :, 0] == 7).all()
    assert np.array_equal(found['img'][5:, :, 1], values[1, 5:])


def test_a_fill_that_does_not_fit_is_one_line(tmp_path):
    values = draw('uint8', 1)
    whole = write_raster(tmp_path / 'whole.tif', values)
    labels = write_raster(tmp_path / 'l.tif', draw('uint8', 1))
    assert load(whole, labels, fill=-9999)['img'].dtype == np.uint8
    values[0, :5] = 9
    path = write_raster(tmp_path / 'a.tif', values, nodata=9)
    with pytest.raises(InputError, match='fill=-9999 does not fit into 8 bits'):
        load(path, labels, fill=-9999)


def test_floats_that_are_not_finite_are_no_data(tmp_path):
    values = draw('float32', 1)
    values[0, 0, :2] = np.nan, np.inf
    path = write_raster(tmp_path / 'a.tif', values)
    found = load(path, write_raster(tmp_path / 'l.tif', draw('uint8', 1)))
    assert found['gt_seg_map'][0, :3].tolist()[:2] == [255, 255]
    assert found['gt_seg_map'][0, 2] != 255
    assert np.isfinite(found['img']).all()


def test_labels_as_their_data_set_says(tmp_path):
    values = np.array([[[0, 1, 2, 3, 255, 9]]], np.int16)
    labels = write_raster(tmp_path / 'l.tif', values, nodata=9)
    path = write_raster(tmp_path / 'a.tif', draw('uint8', 1, (1, 6)))
    sample = dict(img_path=path, seg_map_path=labels, reduce_zero_label=True)
    found = LoadRaster()(dict(sample))['gt_seg_map']
    assert found.tolist() == [[255, 0, 1, 2, 255, 255]]
    sample.update(reduce_zero_label=False, label_map={0: 1, 1: 0, 3: 255})
    found = LoadRaster()(dict(sample))['gt_seg_map']
    assert found.tolist() == [[1, 0, 2, 255, 255, 255]]
    sample.update(reduce_zero_label=True, label_map={0: 1, 1: 255, 2: 0})
    found = LoadRaster()(dict(sample))['gt_seg_map']
    assert found.tolist() == [[255, 1, 255, 0, 255, 255]]


def test_bands_that_do_not_exist(tmp_path):
    path = write_raster(tmp_path / 'a.tif', draw('uint8'))
    for bands in ((1, 5), (0,), (-1,)):
        message = refuse(path, bands=bands)
        assert (
            f'{path} has the bands 1 to 4, and band {bands[-1]} is requested' in message
        )


def test_a_truncated_file(tmp_path):
    path = write_raster(tmp_path / 'a.tif', draw('uint8', 4, (600, 600)))
    path.write_bytes(path.read_bytes()[:-300_000])
    message = refuse(path)
    assert f'{path} cannot be read as a raster' in message


def test_no_raster(tmp_path):
    assert 'No such file' in refuse(tmp_path / 'none.tif')
    path = tmp_path / 'text.tif'
    path.write_text('no raster')
    assert f'{path} cannot be read as a raster' in refuse(path)


@pytest.mark.parametrize(
    ('options', 'size', 'message'),
    [
        ({}, (40, 61), 'has the size (40, 61), but its raster'),
        (dict(crs='EPSG:32634'), (40, 60), 'EPSG:32634, but its raster'),
        (
            dict(transform=from_origin(500_001, 6_000_000, 0.5, 0.5)),
            (40, 60),
            'is shifted by 2.00 pixels',
        ),
        (
            dict(transform=from_origin(500_000, 6_000_000, 0.6, 0.5)),
            (40, 60),
            'is shifted by 12.00 pixels',
        ),
    ],
)
def test_labels_of_another_grid(tmp_path, options, size, message):
    path = write_raster(tmp_path / 'a.tif', draw('uint8'))
    labels = draw_blocks(0, 3, size)[None]
    told = refuse(path, write_raster(tmp_path / 'l.tif', labels, **options))
    assert message in told
    assert str(path) in told
    plain = dict(crs=None, transform=None)
    if size == (40, 60):  # labels that do not say where they lie are taken
        load(path, write_raster(tmp_path / 'plain.tif', labels, **plain))


def test_labels_that_are_no_numbers_of_classes(tmp_path):
    path = write_raster(tmp_path / 'a.tif', draw('uint8'))
    values = np.zeros((1, 40, 60), np.float32)
    for value in (-1, 256, 1.5):
        values[0, 3, 4] = value
        labels = write_raster(tmp_path / 'l.tif', values)
        assert f'l.tif has the value {value:g}' in refuse(path, labels)
    assert 'l.tif has 4 bands' in refuse(
        path, write_raster(tmp_path / 'l.tif', draw('uint16'))
    )


def test_rasterio_is_an_extra(tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(reading, 'import_module', missing)
    with pytest.raises(InputError, match=r'need rasterio.*mmseg_hrvit\[raster\]'):
        load(tmp_path / 'a.tif')


def test_what_the_files_here_are(tmp_path):
    with rasterio.open(write_raster(tmp_path / 'a.tif', draw('uint8'))) as file:
        assert file.is_tiled
        assert file.transform == PLACE
        assert file.crs == CRS


LOSSY = [
    dict(compress='jpeg'),
    dict(compress='lerc', MAX_Z_ERROR=2),
    dict(driver='JPEG', tiled=None, blockxsize=None, blockysize=None),
    dict(driver='JP2OpenJPEG', tiled=None, blockxsize=64, blockysize=64),
]


@pytest.mark.parametrize('options', LOSSY)
@pytest.mark.parametrize('through', ['file', 'vrt'])
def test_labels_that_their_compression_changes(tmp_path, options, through):
    path = write_raster(tmp_path / 'a.tif', draw('uint8'))
    labels = write_raster(
        tmp_path / 'l.x', draw_blocks(0, 3, (40, 60))[None], **options
    )
    if through == 'vrt':
        labels = write_vrt(tmp_path / 'l.vrt', [('Byte', labels, 1)])
    assert 'l.x is compressed in a way that changes values' in refuse(path, labels)


@pytest.mark.parametrize(
    'options', [dict(compress='lerc', MAX_Z_ERROR=0.5), dict(compress='zstd')]
)
def test_labels_that_their_compression_keeps(tmp_path, options):
    path = write_raster(tmp_path / 'a.tif', draw('uint8'))
    values = draw_blocks(0, 3, (40, 60))
    labels = write_raster(tmp_path / 'l.tif', values[None], **options)
    assert np.array_equal(load(path, labels)['gt_seg_map'], values)


def write_vrt(path, bands, size=(40, 60)):
    """Writes a VRT of bands: GDAL's type, the file, and its band."""
    path.write_text(
        f'<VRTDataset rasterXSize="{size[1]}" rasterYSize="{size[0]}">'
        + ''.join(
            f'<VRTRasterBand dataType="{kind}" band="{i}"><SimpleSource>'
            f'<SourceFilename>{file}</SourceFilename><SourceBand>{band}</SourceBand>'
            '</SimpleSource></VRTRasterBand>'
            for i, (kind, file, band) in enumerate(bands, 1)
        )
        + '</VRTDataset>'
    )
    return path


def test_bands_of_several_types(tmp_path):
    small, large = draw('uint8'), draw('uint16')
    files = [
        write_raster(tmp_path / f'{values.dtype}.tif', values)
        for values in (small, large)
    ]
    bands = [('Byte', files[0], 2), ('UInt16', files[1], 1)]
    image = load(write_vrt(tmp_path / 'a.vrt', bands))['img']
    assert image.dtype == np.float32
    assert np.array_equal(image, np.stack([small[1], large[0]], 2))


@pytest.mark.parametrize('bands', [(1.0, 2), ('1', '2'), '12'])
def test_numbers_of_bands_that_are_none(bands):
    with pytest.raises(InputError, match='give whole numbers, from 1'):
        LoadRaster(bands)


@pytest.mark.parametrize('image_crs', [CRS, None])
def test_a_shift_without_a_crs(tmp_path, image_crs):
    path = write_raster(tmp_path / 'a.tif', draw('uint8'), crs=image_crs)
    place = from_origin(500_005, 6_000_000, 0.5, 0.5)
    values = draw_blocks(0, 3, (40, 60))[None]
    labels = write_raster(tmp_path / 'l.tif', values, crs=None, transform=place)
    assert 'is shifted by 10.00 pixels' in refuse(path, labels)
    load(path, write_raster(tmp_path / 'l.tif', values, crs=None))


def test_heights_do_not_move_labels(tmp_path):
    path = write_raster(tmp_path / 'a.tif', draw('uint8'))
    values = draw_blocks(0, 3, (40, 60))[None]
    load(path, write_raster(tmp_path / 'l.tif', values, crs='EPSG:32633+5773'))
    labels = write_raster(tmp_path / 'l.tif', values, crs='EPSG:32632+5773')
    told = refuse(path, labels)
    assert 'has the CRS WGS 84 / UTM zone 32N + EGM96 height' in told
    assert 'a.tif EPSG:32633: warp it' in told
