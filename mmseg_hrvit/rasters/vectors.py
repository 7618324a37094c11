"""Converting polygons to label rasters, and back."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.files import cannot_write, check_output, written_aside
from mmseg_hrvit.models.segmentors.prediction import split

from .geotiff import PLAN_TAG, at, check_suffix, tags_of_classes, tiled_like
from .grid import STRIP_TILES, TILE, Part
from .label_raster import check_lossless
from .reading import CACHE_MIB, Raster, need
from .shapes import Polygons, choose_classes, warp

GEOJSON_CRS = 'EPSG:4326'  # RFC 7946 knows no other
SHAPED = ('uint8', 'int8', 'uint16', 'int16', 'int32')  # that GDAL polygonizes
DRIVERS = {'.gpkg': 'GPKG', '.geojson': 'GeoJSON', '.shp': 'ESRI Shapefile'}


def rasterize(
    raster: Raster,
    polygons: Polygons,
    out: Path,
    classes: Sequence[str] | None = None,
    background: str | None = None,
) -> list[str]:
    """Draws polygons into a label raster on the grid of another raster.

    Args:
        raster (Raster): Gives size, CRS and transform.
        polygons (Polygons): The polygons, in the raster's CRS. Later ones are drawn
            over earlier ones.
        out (Path): The GeoTIFF that is written.
        classes (Sequence[str], optional): Names of the classes, from 0. By default
            all classes in the field, sorted; polygons of other classes are ignored.
        background (str, optional): Class of pixels outside all polygons. By default
            they are ignored (255).

    Returns:
        list[str]: The classes.

    Raises:
        InputError: If the classes do not fit, none of the polygons overlaps the raster,
            or the file cannot be written, would destroy another, or does not end in
            .tif or .tiff.
    """
    classes = choose_classes(polygons, classes, background)
    numbers = {name: i for i, name in enumerate(classes)}
    known = [i for i, name in enumerate(polygons.names) if name in numbers]
    shapes = polygons.shapes[known]
    drawn = [numbers[polygons.names[i]] for i in known]
    tree = need('shapely').STRtree(shapes)
    if len(tree.query(find_box(raster, Part(*raster.whole)))) == 0:
        raise InputError(
            f'no polygon of {polygons.path} lies on {raster.path}: check both'
        )
    check_output(out, [*raster.file.files, polygons.path], is_label_raster)
    check_suffix(out)
    fill = IGNORED if background is None else numbers[background]
    rasterio = need('rasterio')
    profile = tiled_like(raster) | dict(count=1, dtype=np.uint8, nodata=IGNORED)
    try:
        with (
            written_aside(out) as aside,
            rasterio.Env(GDAL_CACHEMAX=CACHE_MIB),
            rasterio.open(aside, 'w', **profile) as file,
        ):
            file.update_tags(1, **tags_of_classes(classes))
            for part in parts(raster.size):
                values = draw(raster, part, tree, shapes, drawn, fill)
                file.write(values, 1, window=at(part))
    except (OSError, rasterio.errors.RasterioError) as error:
        raise cannot_write(out, error) from error
    return classes


def is_label_raster(path: Path) -> bool:
    """Whether ``rasterize`` wrote a file."""
    try:
        with Raster(path) as raster:
            return bool(read_classes(raster)) and PLAN_TAG not in raster.file.tags()
    except DataError:
        return False


def find_box(raster: Raster, part: Part):
    """Returns the rectangle on the ground in which a part of a raster lies."""
    top, bottom, left, right = *at(part)[0], *at(part)[1]
    corners = [top, top, bottom, bottom], [left, right, left, right]
    x, y = raster.file.xy(*corners, offset='ul')
    return need('shapely').box(min(x), min(y), max(x), max(y))


def draw(
    raster: Raster, part: Part, tree, polygons, numbers: Sequence[int], fill: int
) -> np.ndarray:
    """Draws those polygons that touch a part of a raster, (H, W)."""
    features = need('rasterio.features')
    windows = need('rasterio.windows')
    window = windows.Window.from_slices(*at(part))
    touching = sorted(tree.query(find_box(raster, part)))
    size = len(part.rows), len(part.cols)
    if not touching:
        return np.full(size, fill, np.uint8)
    return features.rasterize(
        [(polygons[i], numbers[i]) for i in touching],
        size,
        fill=fill,
        transform=raster.file.window_transform(window),
        dtype=np.uint8,
    )


def parts(size: Sequence[int]) -> Iterator[Part]:
    """Yields rectangles of whole tiles that cover a raster."""
    for rows in split(size[0], TILE):
        for cols in split(size[1], TILE * STRIP_TILES):
            yield Part(rows, cols)


def polygonize(
    labels: Raster,
    out: Path,
    classes: Sequence[str] | None = None,
    min_area: float = 0.0,
) -> int:
    """Writes the areas of a label raster as polygons.

    Args:
        labels (Raster): The labels. Its tags name the classes.
        out (Path): A ``.gpkg``, ``.geojson`` or ``.shp`` file. GeoJSON is in longitude
            and latitude, the others are in the CRS of the raster. Polygons of a raster
            without georeference are in pixels.
        classes (Sequence[str], optional): Those that are written. By default all.
        min_area (float): Smaller polygons are omitted; in square units of the CRS.
            Defaults to 0.

    Returns:
        int: Number of polygons.

    Raises:
        InputError: If the format or a class is unknown, or the file cannot be written.
    """
    pyogrio = need('pyogrio')
    need('shapely')
    if out.suffix.lower() not in DRIVERS:
        raise InputError(f'{out}: choose a name that ends in {", ".join(DRIVERS)}')
    check_output(out, labels.file.files, is_polygonized)
    found = choose_areas(labels, classes, min_area)
    try:
        write_areas(found, labels, out)
    except (pyogrio.errors.DataSourceError, RuntimeError, OSError) as error:
        raise cannot_write(out, error) from error
    return len(found)


def choose_areas(
    labels: Raster, classes: Sequence[str] | None, min_area: float
) -> list[tuple]:
    """Finds the areas that ``polygonize`` writes, as shapes of shapely with classes."""
    shapely = need('shapely')
    names = read_classes(labels)
    unknown = {*(classes or ())} - {*names.values()}
    if unknown and not names:
        raise InputError(f'{labels.path} does not name its classes: omit --classes')
    if unknown:
        raise InputError(
            f'no class is called {sorted(unknown)[0]!r}: choose some of '
            f'{", ".join(names.values())}'
        )
    found = (
        (shapely.geometry.shape(shape), names.get(value, str(value)))
        for shape, value in find_areas(labels)
    )
    return [
        (shape, name)
        for shape, name in found
        if shape.area >= min_area and (not classes or name in classes)
    ]


def write_areas(found: Sequence[tuple], labels: Raster, out: Path) -> None:
    """Writes areas as polygons; an older file stays until they are complete."""
    pyogrio, shapely = need('pyogrio'), need('shapely')
    shapes = np.array([shape for shape, _ in found], object)
    areas = np.array([shape.area for shape, _ in found])
    crs = labels.file.crs
    driver = DRIVERS[out.suffix.lower()]
    if crs and driver == 'GeoJSON':
        shapes, crs = warp(shapes, crs, GEOJSON_CRS), GEOJSON_CRS
    if crs is not None:
        crs = need('rasterio').CRS.from_user_input(crs).to_wkt()
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix='polygons_') as folder:
        pyogrio.raw.write(
            Path(folder, out.name),
            shapely.to_wkb(shapes),
            [np.array([name for _, name in found], object), areas],
            ['class', 'area'],
            driver=driver,
            geometry_type='Polygon',
            crs=crs,
        )
        for file in Path(folder).iterdir():
            file.replace(out.with_name(file.name))


def is_polygonized(path: Path) -> bool:
    """Whether a file has the fields that ``polygonize`` writes, and nothing else."""
    pyogrio = need('pyogrio')
    try:
        is_single = len(pyogrio.list_layers(path)) == 1
        return is_single and [*pyogrio.read_info(path)['fields']] == ['class', 'area']
    except pyogrio.errors.DataSourceError:
        return False


def find_areas(labels: Raster) -> Iterator[tuple[dict, int]]:
    """Yields the areas of a label raster that are not nodata, and their values.

    Raises:
        DataError: If it has several bands, or other values than whole numbers, or was
            compressed with loss.
    """
    rasterio, features = need('rasterio'), need('rasterio.features')
    check_lossless(labels)
    file = labels.file
    if file.count != 1:
        raise DataError(
            f'{labels.path} has {file.count} bands: give a label raster, with one band'
        )
    source = rasterio.band(file, 1)
    if file.dtypes[0] not in SHAPED:
        source, mask = file.read(1), file.read_masks(1) > 0
        is_number = source.dtype.kind in 'iuf'
        values = source[mask] if is_number else np.array([np.nan])
        fits = (values == np.round(values)) & (np.abs(values) < 2**31)
        if not fits.all():
            raise DataError(
                f'{labels.path} has values of {file.dtypes[0]}, which are no numbers '
                'of classes: give whole numbers'
            )
        source = np.where(mask, source, 0).astype(np.int32)
        shapes = features.shapes(source, mask, transform=file.transform)
        yield from ((shape, int(value)) for shape, value in shapes)
        return
    for shape, value in features.shapes(source, transform=file.transform):
        if value != file.nodata:
            yield shape, int(value)


def read_classes(labels: Raster) -> dict[int, str]:
    """Reads the names of classes in the tags of a label raster, by their numbers."""
    tags = labels.file.tags(1)
    return {
        int(key.removeprefix('CLASS_')): name
        for key, name in tags.items()
        if key.startswith('CLASS_')
    }
