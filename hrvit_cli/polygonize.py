"""Converts a label raster to polygons: GeoPackage, GeoJSON or shapefile.

GeoJSON has longitude and latitude; the others have the CRS of the raster. The memory
depends on the number of polygons.
"""

from argparse import ArgumentParser
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('labels', help='a label raster, such as `hrvit demo` writes')
    parser.add_argument('out', type=Path, help='file to write: .gpkg, .geojson or .shp')
    parser.add_argument(
        '--classes', nargs='+', help='convert only these classes (default: all)'
    )
    parser.add_argument(
        '--min-area',
        type=float,
        default=0.0,
        help='omit smaller polygons, in square units of the CRS (default: 0)',
    )
