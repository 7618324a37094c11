"""Reading polygons and their classes from files of shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from mmseg_hrvit.datasets.check_labels import IGNORED
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.words import number_of

from .reading import need

AREAS = (3, 6, 7)  # shapely's types: Polygon, MultiPolygon, GeometryCollection
DEGREES = 720  # no longitude or latitude is larger, in any of the usual ranges


@dataclass(frozen=True)
class Polygons:
    """Polygons, and the class of each.

    Args:
        path (str): Their file.
        shapes (np.ndarray): shapely's geometries.
        names (list[str]): A class for each.
        notes (list[str]): What was left out, or chosen; a line each.
    """

    path: str
    shapes: np.ndarray
    names: list[str]
    notes: list[str]

    @property
    def classes(self) -> list[str]:
        """All classes, sorted; numbers by their value."""
        found = {*self.names}
        try:
            return sorted(found, key=float)
        except ValueError:
            return sorted(found)


def read_polygons(
    path: str | Path, field: str, crs, layer: str | None = None
) -> Polygons:
    """Reads polygons and their classes.

    Args:
        path (str | Path): The file, in any format that GDAL reads and any CRS.
        field (str): The field with the classes. Shapes without one are left out.
        crs (rasterio.CRS): The CRS in which the polygons are returned.
        layer (str, optional): One of the file's layers. By default the first one.

    Returns:
        Polygons: What is in it.

    Raises:
        InputError: If there is no such field or layer.
        DataError: If the file cannot be read, has no polygons, or does not say its CRS.
    """
    pyogrio, shapely = need('pyogrio'), need('shapely')
    notes = []
    try:
        layers = [name for name, kind in pyogrio.list_layers(path) if kind]
        if layer is not None and layer not in layers:
            raise InputError(
                f'{path} has no layer {layer!r}: choose one of {", ".join(layers)}'
            )
        if layer is None and len(layers) > 1:
            notes.append(
                f'{path} has {len(layers)} layers, and {layers[0]!r} was drawn: choose '
                f'another with --layer: {", ".join(layers[1:])}'
            )
        layer = layer or next(iter(layers), None)
        known = list(pyogrio.read_info(path, layer=layer)['fields'])
        if not known:
            raise InputError(f'{path} has no fields: give a file whose polygons have')
        if field not in known:
            raise InputError(
                f'{path} has no field {field!r}: choose one of {", ".join(known)}'
            )
        meta, _, geometries, (values,) = pyogrio.raw.read(
            path, layer=layer, columns=[field]
        )
        shapes = shapely.from_wkb(geometries)
    except (pyogrio.errors.DataSourceError, shapely.errors.GEOSException) as error:
        raise DataError(f'{path} cannot be read as polygons ({error})') from error
    if not meta['crs']:
        raise DataError(f'{path} does not say its CRS: set it')
    names = np.array([name_class(value) for value in values], object)
    is_area = np.isin(shapely.get_type_id(shapes), AREAS)
    if not is_area.any():
        raise DataError(
            f'{path} has no polygons: give areas; lines and points need a buffer first'
        )
    is_named = names != ''
    if lost := int((~is_area).sum()):
        notes.append(f'{number_of(lost, "shape")} left out, not polygons')
    if lost := int((is_area & ~is_named).sum()):
        notes.append(f'{number_of(lost, "polygon")} left out, without a {field}')
    shapes, names = shapes[is_area & is_named], names[is_area & is_named]
    try:
        shapes = warp(shapes, meta['crs'], crs)
    except InputError as error:
        raise DataError(f'{path}: {error}') from error
    return Polygons(str(path), shapes, names.tolist(), notes)


def name_class(value: object) -> str:
    """Returns the name of a class in a field; '' for null, NaN and blanks."""
    if value is None or value != value:
        return ''
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return '' if str(value).isspace() else str(value)


def choose_classes(
    polygons: Polygons, classes: Sequence[str] | None, background: str | None
) -> list[str]:
    """Chooses which classes are drawn.

    Args:
        polygons (Polygons): The polygons.
        classes (Sequence[str], optional): The classes that are wanted, from 0.
        background (str, optional): Class of pixels outside all polygons.

    Returns:
        list[str]: The classes, from 0. By default all in the field, sorted.

    Raises:
        InputError: If a name occurs twice or looks like a misspelling, if there are
            more than 255, or if ``background`` is not one of them.
    """
    found = polygons.classes
    if classes is None:
        classes = found
        if background is not None and background not in found:
            classes = sorted([*found, background])
    twice = {name for name in classes if classes.count(name) > 1}
    if twice:
        raise InputError(f'--classes: {sorted(twice)[0]} is there twice: give it once')
    if background is not None and background not in classes:
        raise InputError(f'--background {background}: choose some of {classes}')
    if len(classes) > IGNORED:
        raise InputError(
            f'{polygons.path} has {len(found)} classes in this field, and a label '
            f'raster takes {IGNORED}: choose another --field, or some --classes'
        )
    unused = [name for name in found if name not in classes]
    if len(unused) == len(found):
        raise InputError(
            f'--classes {" ".join(classes)}: no polygon of {polygons.path} has one of '
            f'them: choose some of {", ".join(found)}'
        )
    for name in classes:
        if name not in found and name != background:
            check_misspelt(name, unused)
            polygons.notes.append(f'no polygon of {polygons.path} has the class {name}')
    return list(classes)


def check_misspelt(name: str, unused: Sequence[str]) -> None:
    """Refuses a class that no polygon has, but for a few letters of another one."""
    if near := get_close_matches(name, unused, 1):
        raise InputError(
            f'--classes: no polygon has the class {name!r}: do you mean {near[0]!r}? '
            f'{", ".join(unused)} would be ignored'
        )


def warp(geometries: np.ndarray, source, target) -> np.ndarray:
    """Returns geometries in another CRS.

    Args:
        geometries (np.ndarray): shapely's geometries.
        source (rasterio.CRS): Their CRS.
        target (rasterio.CRS): The other one.

    Returns:
        np.ndarray: The geometries.

    Raises:
        InputError: If they have no place in one of the CRS.
    """
    rasterio, warping = need('rasterio'), need('rasterio.warp')
    shapely = need('shapely')
    source, target = (rasterio.CRS.from_user_input(x) for x in (source, target))
    if source == target:
        return geometries
    largest = np.nanmax(np.abs(shapely.total_bounds(geometries)), initial=0)
    if source.is_geographic and largest > DEGREES:
        raise InputError(
            f'a coordinate is {largest:g}, but its CRS is {source.to_string()}, in '
            'degrees: set the CRS in which the coordinates are'
        )

    def move(points: np.ndarray) -> np.ndarray:
        return np.stack(warping.transform(source, target, *points.T), 1)

    try:
        return shapely.transform(geometries, move)
    except Exception as error:  # PROJ's are of many kinds
        raise InputError(
            f'its shapes cannot be warped from {source.to_string()[:60]} to '
            f'{target.to_string()[:60]}: check their coordinates and their CRS'
        ) from error
