"""Converting polygons to label rasters, and back."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.files import written_aside
from mmseg_hrvit.models.segmentors.prediction import split

from .geotiff import at, tags_of_classes, tiled_like
from .grid import STRIP_TILES, TILE, Part
from .reading import CACHE_MIB, Raster, need

GEOJSON_CRS = 'EPSG:4326'  # RFC 7946 knows no other
DRIVERS = {'.gpkg': 'GPKG', '.geojson': 'GeoJSON', '.shp': 'ESRI Shapefile'}


def rasterize(
    raster: Raster,
    shapes: str | Path,
    out: Path,
    field: str,
    classes: Sequence[str] | None = None,
    background: str | None = None,
) -> list[str]:
    """Draws polygons into a label raster on the grid of another raster.

    Args:
        raster (Raster): Gives size, CRS and transform.
        shapes (str | Path): Polygons, in any format that GDAL reads and any CRS. Later
            ones are drawn over earlier ones.
        out (Path): The GeoTIFF that is written.
        field (str): The field with the polygons' classes.
        classes (Sequence[str], optional): Names of the classes, from 0. By default
            all classes in the field, sorted; polygons of other classes are ignored.
        background (str, optional): Class of pixels outside all polygons. By default
            they are ignored (255).

    Returns:
        list[str]: The classes.

    Raises:
        InputError: If the raster has no georeference, the polygons have no such field,
            or none of them overlaps the raster.
        DataError: If the polygons cannot be read.
    """
    if not raster.is_georeferenced:
        raise InputError(
            f'{raster.path} does not say where it lies, so no polygon can be '
            'placed on it: give a georeferenced raster'
        )
    polygons, values = read_polygons(shapes, field, raster.file.crs)
    classes = list(classes or sorted({*values} | ({background} - {None})))
    if background is not None and background not in classes:
        raise InputError(f'--background {background}: choose some of {classes}')
    known = [i for i, value in enumerate(values) if value in classes]
    polygons = polygons[known]
    numbers = [classes.index(values[i]) for i in known]
    tree = need('shapely').STRtree(polygons)
    if len(tree.query(need('shapely').box(*raster.file.bounds))) == 0:
        raise InputError(f'no polygon of {shapes} lies on {raster.path}: check both')
    fill = IGNORED if background is None else classes.index(background)
    rasterio = need('rasterio')
    profile = tiled_like(raster) | dict(count=1, dtype=np.uint8, nodata=IGNORED)
    with (
        written_aside(out) as aside,
        rasterio.Env(GDAL_CACHEMAX=CACHE_MIB),
        rasterio.open(aside, 'w', **profile) as file,
    ):
        file.update_tags(1, **tags_of_classes(classes))
        for part in parts(raster.size):
            values = draw(raster, part, tree, polygons, numbers, fill)
            file.write(values, 1, window=at(part))
    return classes


def draw(
    raster: Raster, part: Part, tree, polygons, numbers: Sequence[int], fill: int
) -> np.ndarray:
    """Draws those polygons that touch a part of a raster, (H, W)."""
    features = need('rasterio.features')
    windows = need('rasterio.windows')
    window = windows.Window.from_slices(*at(part))
    box = need('shapely').box(*raster.file.window_bounds(window))
    touching = sorted(tree.query(box))
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


def read_polygons(shapes: str | Path, field: str, crs) -> tuple[np.ndarray, list[str]]:
    """Reads polygons and their classes.

    Args:
        shapes (str | Path): The file.
        field (str): The field with the classes.
        crs (rasterio.CRS): The CRS in which they are returned.

    Returns:
        tuple[np.ndarray, list[str]]: shapely's geometries, and a class for each.

    Raises:
        InputError: If there is no such field.
        DataError: If the file cannot be read, or does not say its CRS.
    """
    pyogrio, shapely = need('pyogrio'), need('shapely')
    try:
        known = list(pyogrio.read_info(shapes)['fields'])
        if field not in known:
            raise InputError(
                f'{shapes} has no field {field!r}: choose one of {", ".join(known)}'
            )
        meta, _, geometries, (values,) = pyogrio.raw.read(shapes, columns=[field])
    except pyogrio.errors.DataSourceError as error:
        raise DataError(f'{shapes} cannot be read as polygons ({error})') from error
    if not meta['crs']:
        raise DataError(f'{shapes} does not say its CRS: set it')
    return warp(shapely.from_wkb(geometries), meta['crs'], crs), list(map(str, values))


def warp(geometries: np.ndarray, source, target) -> np.ndarray:
    """Returns geometries in another CRS; those without a CRS stay as they are."""
    rasterio, warping = need('rasterio'), need('rasterio.warp')
    shapely = need('shapely')
    source, target = (rasterio.CRS.from_user_input(x) for x in (source, target))
    if source == target:
        return geometries

    def move(points: np.ndarray) -> np.ndarray:
        return np.stack(warping.transform(source, target, *points.T), 1)

    return shapely.transform(geometries, move)


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
    features, rasterio = need('rasterio.features'), need('rasterio')
    pyogrio, shapely = need('pyogrio'), need('shapely')
    if out.suffix.lower() not in DRIVERS:
        raise InputError(f'{out}: choose a name that ends in {", ".join(DRIVERS)}')
    names = read_classes(labels)
    unknown = {*(classes or ())} - {*names.values()}
    if unknown:
        raise InputError(
            f'no class is called {sorted(unknown)[0]!r}: choose some of '
            f'{", ".join(names.values())}'
        )
    found = [
        (shapely.geometry.shape(shape), names.get(int(value), str(int(value))))
        for shape, value in features.shapes(
            rasterio.band(labels.file, 1), transform=labels.file.transform
        )
        if value != labels.file.nodata
    ]
    found = [
        (shape, name)
        for shape, name in found
        if shape.area >= min_area and (not classes or name in classes)
    ]
    shapes = np.array([shape for shape, _ in found], object)
    areas = np.array([shape.area for shape, _ in found])
    crs = labels.file.crs
    driver = DRIVERS[out.suffix.lower()]
    if crs and driver == 'GeoJSON':
        shapes, crs = warp(shapes, crs, GEOJSON_CRS), GEOJSON_CRS
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    try:
        pyogrio.raw.write(
            out,
            shapely.to_wkb(shapes),
            [np.array([name for _, name in found], object), areas],
            ['class', 'area'],
            driver=driver,
            geometry_type='Polygon',
            crs=None if crs is None else rasterio.CRS.from_user_input(crs).to_wkt(),
        )
    except (pyogrio.errors.DataSourceError, OSError) as error:
        raise InputError(f'{out} cannot be written ({error})') from error
    return len(found)


def read_classes(labels: Raster) -> dict[int, str]:
    """Reads the names of classes in the tags of a label raster, by their numbers."""
    tags = labels.file.tags(1)
    return {
        int(key.removeprefix('CLASS_')): name
        for key, name in tags.items()
        if key.startswith('CLASS_')
    }
