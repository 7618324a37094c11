"""Polygons to labels, and labels to polygons."""

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
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
    assert 'cannot be read as a raster' in refuse(
        capsys, 'polygonize', tmp_path / 'none.tif', tmp_path / 'p.gpkg'
    )
