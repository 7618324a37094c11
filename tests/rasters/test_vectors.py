"""Polygons to labels, and labels to polygons."""

import json

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.warp import transform_geom

from hrvit_cli import Verb
from mmseg_hrvit.rasters import vectors
from raster_data import CRS, draw_blocks, write_raster

NAMES = ('field', 'town', 'water', 'wood')


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Several tiles in a small raster."""
    monkeypatch.setattr(vectors, 'TILE', 64)
    monkeypatch.setattr(vectors, 'STRIP_TILES', 1)


@pytest.fixture
def mosaic(tmp_path):
    return write_raster(tmp_path / 'mosaic.tif', np.zeros((3, 150, 170), np.uint8))


def box(top, bottom, left, right):
    """The rectangle of some pixels of the mosaic, on the ground."""
    x, y = (
        500_000 + 0.5 * np.array([left, right]),
        6_000_000 - 0.5 * np.array([top, bottom]),
    )
    return shapely.box(x[0], y[1], x[1], y[0])


BOXES = {
    'water': box(0, 40, 0, 170),
    'wood': box(30, 150, 20, 90),
    'town': box(60, 70, 60, 70),
}


def write_field(path, values, shapes=None, **options):
    """Writes a shape for each value of the field 'kind', by default a square."""
    shapes = shapes or [box(8 * i, 8 * i + 8, 0, 8) for i in range(len(values))]
    options = dict(geometry_type='Polygon', crs=CRS) | options
    data = [np.array(values, options.pop('dtype', object))]
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array(shapes, object)), data, ['kind'], **options
    )
    return path


def write_shapes(path, crs=CRS, boxes=BOXES):
    shapes = [*boxes.values()]
    if crs != CRS:
        moved = [transform_geom(CRS, crs, shapely.geometry.mapping(s)) for s in shapes]
        shapes = [shapely.geometry.shape(s) for s in moved]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(shapes, object)),
        [np.array([*boxes], object)],
        ['kind'],
        geometry_type='Polygon',
        crs=crs,
    )
    return path


def expected(background=255):
    labels = np.full((150, 170), background)
    labels[:40] = 1  # water
    labels[30:, 20:90] = 2  # wood lies over it
    labels[60:70, 60:70] = 0  # town
    return labels


def run(verb, *args):
    Verb(verb).main([str(arg) for arg in args])


def refuse(capsys, verb, *args):
    with pytest.raises(SystemExit) as exit:
        run(verb, *args)
    assert exit.value.code == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith('error: ')
    return line


def read(path):
    with rasterio.open(path) as file:
        return file.read(1)


@pytest.mark.parametrize(
    ('name', 'crs'),
    [('s.shp', CRS), ('s.gpkg', 'EPSG:25833'), ('s.geojson', 'EPSG:4326')],
)
def test_polygons_of_any_format_and_crs_become_labels(
    mosaic, tmp_path, name, crs, capsys
):
    shapes = write_shapes(tmp_path / name, crs)
    out = tmp_path / 'labels.tif'
    run('rasterize', mosaic, shapes, out, '--field', 'kind')
    assert '0 town, 1 water, 2 wood' in capsys.readouterr().out
    with rasterio.open(out) as file, rasterio.open(mosaic) as given:
        assert (file.crs, file.transform) == (given.crs, given.transform)
        assert file.nodata == 255
        assert file.tags(1)['CLASS_1'] == 'water'
    differ = read(out) != expected()
    assert differ.mean() < (1e-9 if crs == CRS else 0.01)  # GeoJSON has seven digits


def test_classes_in_an_order_of_ones_own_and_a_background(mosaic, tmp_path):
    shapes, out = write_shapes(tmp_path / 's.gpkg'), tmp_path / 'labels.tif'
    options = ['--classes', 'field', 'wood', '--background', 'field']
    run('rasterize', mosaic, shapes, out, '--field', 'kind', *options)
    labels = np.zeros((150, 170))
    labels[30:, 20:90] = 1
    assert np.array_equal(read(out), labels)


def test_bad_input_of_rasterize_is_one_line(mosaic, tmp_path, capsys):
    shapes, out = write_shapes(tmp_path / 's.gpkg'), tmp_path / 'labels.tif'
    plain = write_raster(
        tmp_path / 'plain.tif', np.zeros((1, 9, 9), np.uint8), crs=None, transform=None
    )
    line = refuse(capsys, 'rasterize', plain, shapes, out, '--field', 'kind')
    assert 'plain.tif does not say where it lies' in line
    line = refuse(capsys, 'rasterize', mosaic, shapes, out, '--field', 'klass')
    assert "has no field 'klass': choose one of kind" in line
    empty = tmp_path / 'empty.geojson'
    empty.write_text('{"type": "FeatureCollection", "features": []}')
    line = refuse(capsys, 'rasterize', mosaic, empty, out, '--field', 'kind')
    assert 'empty.geojson has no fields: give a file whose polygons have' in line
    line = refuse(
        capsys, 'rasterize', mosaic, tmp_path / 'n.shp', out, '--field', 'kind'
    )
    assert 'n.shp cannot be read as polygons' in line
    away = write_shapes(tmp_path / 'a.gpkg', boxes=dict(wood=box(900, 910, 0, 9)))
    line = refuse(capsys, 'rasterize', mosaic, away, out, '--field', 'kind')
    assert 'no polygon of' in line
    options = ['--field', 'kind', '--background', 'sea', '--classes', 'wood']
    assert '--background sea' in refuse(
        capsys, 'rasterize', mosaic, shapes, out, *options
    )
    assert not out.exists()


@pytest.fixture
def labels(tmp_path):
    values = draw_blocks(0, 4, (150, 170))
    values[:20] = 255
    path = write_raster(tmp_path / 'labels.tif', values[None], nodata=255)
    with rasterio.open(path, 'r+') as file:
        file.update_tags(1, **{f'CLASS_{i}': name for i, name in enumerate(NAMES)})
    return path


@pytest.mark.parametrize('name', ['p.gpkg', 'p.geojson', 'p.shp'])
def test_labels_become_polygons_and_labels_again(labels, tmp_path, name, capsys):
    run('polygonize', labels, tmp_path / name)
    assert ' polygons: ' in capsys.readouterr().out
    meta, _, shapes, (kinds, areas) = pyogrio.raw.read(tmp_path / name)
    assert meta['crs'] == ('EPSG:4326' if name == 'p.geojson' else CRS)
    assert list(meta['fields']) == ['class', 'area']
    values = read(labels)
    for i, kind in enumerate(NAMES):
        assert areas[kinds == kind].sum() == pytest.approx((values == i).sum() / 4)
    out = tmp_path / 'again.tif'
    run('rasterize', labels, tmp_path / name, out, '--field', 'class')
    assert (read(out) != values).mean() < (0.01 if name == 'p.geojson' else 1e-9)
    assert len(shapes) == len(kinds)


def test_some_classes_and_no_specks(labels, tmp_path):
    out = tmp_path / 'p.gpkg'
    run('polygonize', labels, out, '--classes', 'wood', '--min-area', 100)
    _, _, _, (kinds, areas) = pyogrio.raw.read(out)
    assert {*kinds} == {'wood'}
    assert areas.min() >= 100
    run('polygonize', labels, out, '--classes', 'wood')  # in place of the first
    assert len(pyogrio.raw.read(out)[2]) > len(kinds)


def test_a_microscope_has_no_georeference(tmp_path):
    values = draw_blocks(0, 2, (48, 48))
    path = write_raster(tmp_path / 'l.tif', values[None], crs=None, transform=None)
    run('polygonize', path, tmp_path / 'p.geojson')
    _, _, shapes, (kinds, areas) = pyogrio.raw.read(tmp_path / 'p.geojson')
    assert areas.sum() == 48 * 48
    assert shapely.total_bounds(shapely.from_wkb(shapes)).tolist() == [0, 0, 48, 48]
    assert {*kinds} == {'0', '1'}


def test_bad_input_of_polygonize_is_one_line(labels, tmp_path, capsys):
    line = refuse(capsys, 'polygonize', labels, tmp_path / 'p.doc')
    assert 'ends in .gpkg, .geojson, .shp' in line
    line = refuse(capsys, 'polygonize', labels, tmp_path / 'p.gpkg', '--classes', 'sea')
    assert "no class is called 'sea': choose some of field" in line
    values = np.zeros((1, 9, 9), np.uint8)
    plain = write_raster(tmp_path / 'plain.tif', values, crs=None, transform=None)
    line = refuse(capsys, 'polygonize', plain, tmp_path / 'p.gpkg', '--classes', 'sea')
    assert 'plain.tif does not name its classes: omit --classes' in line
    assert 'cannot be read as a raster' in refuse(
        capsys, 'polygonize', tmp_path / 'none.tif', tmp_path / 'p.gpkg'
    )


@pytest.mark.parametrize('name', ['mosaic.tif', 's.gpkg', 'link.tif', 'photo.tif'])
def test_rasterize_replaces_only_label_rasters(mosaic, tmp_path, name, capsys):
    shapes, out = write_shapes(tmp_path / 's.gpkg'), tmp_path / name
    (tmp_path / 'link.tif').symlink_to(mosaic)
    write_raster(tmp_path / 'photo.tif', np.ones((3, 9, 9), np.uint8))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    line = refuse(capsys, 'rasterize', mosaic, shapes, out, '--field', 'kind')
    assert str(out) in line
    assert 'give another name' in line
    jpeg = tmp_path / 'l.jpg'
    line = refuse(capsys, 'rasterize', mosaic, shapes, jpeg, '--field', 'kind')
    assert 'l.jpg: choose a name that ends in .tif, because a GeoTIFF' in line
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    for _ in range(2):
        run('rasterize', mosaic, shapes, tmp_path / 'l.tif', '--field', 'kind')


def test_polygonize_replaces_only_its_polygons(labels, tmp_path, capsys):
    mine = write_shapes(tmp_path / 'mine.gpkg')
    before = mine.read_bytes()
    assert 'mine.gpkg exists' in refuse(capsys, 'polygonize', labels, mine)
    assert mine.read_bytes() == before
    (tmp_path / 'link.gpkg').symlink_to(labels)
    line = refuse(capsys, 'polygonize', labels, tmp_path / 'link.gpkg')
    assert 'link.gpkg is also an input' in line


@pytest.mark.parametrize('verb', ['rasterize', 'polygonize'])
def test_outputs_that_cannot_be_written(labels, tmp_path, verb, capsys):
    shapes = write_shapes(tmp_path / 's.gpkg')
    args = [labels, shapes] if verb == 'rasterize' else [labels]
    options = ['--field', 'kind'] if verb == 'rasterize' else []
    suffix = '.tif' if verb == 'rasterize' else '.shp'
    (tmp_path / f'folder{suffix}').mkdir()
    for out, told in {
        tmp_path / f'folder{suffix}': 'is a folder',
        shapes / f'x{suffix}': 'cannot be written',
        f'/proc/x{suffix}': 'cannot be written',
    }.items():
        line = refuse(capsys, verb, *args, out, *options)
        assert line.startswith(f'error: {out} {told}')


def test_a_rotated_raster(tmp_path, capsys):
    place = Affine.translation(5e5, 6e6) @ Affine.rotation(45) @ Affine.scale(0.5, -0.5)
    zeros = np.zeros((1, 150, 170), np.uint8)
    mosaic = write_raster(tmp_path / 'mosaic.tif', zeros, transform=place)
    spots = [place @ spot for spot in ((5, 5), (5, 140), (160, 75), (160, 140))]
    shapes = [shapely.Point(spot).buffer(3) for spot in spots]
    write_field(tmp_path / 's.gpkg', list('abcd'), shapes)
    out = tmp_path / 'l.tif'
    run('rasterize', mosaic, tmp_path / 's.gpkg', out, '--field', 'kind')
    expected = rasterio.features.rasterize(
        [(shape, i) for i, shape in enumerate(shapes)], (150, 170), 255, transform=place
    )
    assert np.array_equal(read(out), expected)
    assert {*np.unique(expected)} == {0, 1, 2, 3, 255}


def draw_field(tmp_path, mosaic, values, *options, **given):
    """Rasterizes a field; returns its classes."""
    shapes = write_field(tmp_path / 's.gpkg', values, **given)
    out = tmp_path / 'l.tif'
    run('rasterize', mosaic, shapes, out, '--field', 'kind', *options)
    with rasterio.open(out) as file:
        tags = file.tags(1)
    return [tags[f'CLASS_{i}'] for i in range(len(tags))]


def test_numbers_as_classes(tmp_path, mosaic):
    assert draw_field(tmp_path, mosaic, ['10', '2', '1']) == ['1', '2', '10']
    found = draw_field(tmp_path, mosaic, [10.0, 2.0, 1.5], dtype=float)
    assert found == ['1.5', '2', '10']
    given = draw_field(tmp_path, mosaic, [1.0, 2.0], '--classes', '2', '1', dtype=float)
    assert given == ['2', '1']
    assert {*np.unique(read(tmp_path / 'l.tif'))} == {0, 1, 255}


def test_shapes_without_a_class_are_counted(tmp_path, mosaic, capsys):
    assert draw_field(tmp_path, mosaic, ['a', None, '', ' ', 'b']) == ['a', 'b']
    assert '3 polygons left out, without a kind' in capsys.readouterr().err
    assert draw_field(tmp_path, mosaic, [1, np.nan], dtype=float) == ['1']
    assert '1 polygon left out, without a kind' in capsys.readouterr().err


def test_only_polygons_are_drawn(tmp_path, mosaic, capsys):
    line = shapely.LineString([(500_000, 6_000_000), (500_080, 5_999_930)])
    shapes = [box(0, 9, 0, 9), line, line.centroid]
    draw_field(tmp_path, mosaic, list('abc'), shapes=shapes, geometry_type='Unknown')
    assert '2 shapes left out, not polygons' in capsys.readouterr().err
    assert (read(tmp_path / 'l.tif') != 255).sum() == 81
    write_field(tmp_path / 'r.gpkg', ['a'], [line], geometry_type='LineString')
    args = [mosaic, tmp_path / 'r.gpkg', tmp_path / 'n.tif', '--field', 'kind']
    assert 'r.gpkg has no polygons' in refuse(capsys, 'rasterize', *args)


@pytest.mark.parametrize(
    ('values', 'options', 'told'),
    [
        (['Water', 'water ', 'wood'], [], "'Water' and 'water ' differ only in"),
        (['water', 'wood'], ['watr', 'wood'], "'watr': do you mean 'water'?"),
        (['water', 'wood'], ['wood', 'wood'], 'wood is there twice'),
        (['water', 'wood'], ['a', 'b'], 'choose some of water, wood'),
        (range(256), [], 'has 256 classes in this field'),
    ],
)
def test_classes_that_cannot_be_meant(tmp_path, mosaic, capsys, values, options, told):
    shapes = write_field(tmp_path / 's.gpkg', [str(value) for value in values])
    args = [mosaic, shapes, tmp_path / 'l.tif', '--field', 'kind']
    options = ['--classes', *options] if options else []
    assert told in refuse(capsys, 'rasterize', *args, *options)


def test_a_class_that_one_split_lacks(tmp_path, mosaic, capsys):
    names = ['water', 'town', 'wood']
    assert draw_field(tmp_path, mosaic, ['water', 'wood'], '--classes', *names) == names
    assert 's.gpkg has the class town' in capsys.readouterr().err
    assert {*np.unique(read(tmp_path / 'l.tif'))} == {0, 2, 255}


def test_layers(tmp_path, mosaic, capsys):
    shapes = write_field(tmp_path / 's.gpkg', ['road'], layer='roads')
    write_field(shapes, ['wood'], layer='woods', append=True)
    args = [mosaic, shapes, tmp_path / 'l.tif', '--field', 'kind']
    run('rasterize', *args)
    told = capsys.readouterr()
    assert "2 layers, and 'roads' was drawn: choose another with --layer" in told.err
    run('rasterize', *args, '--layer', 'woods')
    assert '0 wood' in capsys.readouterr().out
    assert 'choose one of roads, woods' in refuse(
        capsys, 'rasterize', *args, '--layer', 'rivers'
    )


def test_coordinates_that_are_no_degrees(tmp_path, mosaic, capsys):
    shapes = write_field(tmp_path / 's.geojson', ['a'])
    text = json.loads(shapes.read_text())
    text.pop('crs')
    shapes.write_text(json.dumps(text))
    args = [mosaic, shapes, tmp_path / 'l.tif', '--field', 'kind']
    assert 'but its CRS is EPSG:4326, in degrees' in refuse(capsys, 'rasterize', *args)


@pytest.mark.parametrize('dtype', ['int64', 'uint32', 'float64'])
def test_labels_of_other_types_become_polygons(tmp_path, dtype):
    values = draw_blocks(0, 4, (48, 48)).astype(dtype)
    path = write_raster(tmp_path / 'l.tif', values[None], nodata=3)
    run('polygonize', path, tmp_path / 'p.gpkg')
    _, _, _, (kinds, areas) = pyogrio.raw.read(tmp_path / 'p.gpkg')
    assert {*kinds} == {'0', '1', '2'}
    assert areas.sum() == (values != 3).sum() / 4


@pytest.mark.parametrize(
    ('values', 'told'),
    [
        (np.full((1, 9, 9), 0.5, np.float32), 'values of float32'),
        (np.ones((1, 9, 9), np.complex64), 'values of complex64'),
        (np.full((1, 9, 9), 2**40), 'values of int64'),
        (np.ones((3, 9, 9), np.uint8), 'has 3 bands'),
    ],
)
def test_rasters_that_are_no_labels(tmp_path, capsys, values, told):
    path = write_raster(tmp_path / 'l.tif', values)
    assert told in refuse(capsys, 'polygonize', path, tmp_path / 'p.gpkg')
    assert not (tmp_path / 'p.gpkg').exists()
