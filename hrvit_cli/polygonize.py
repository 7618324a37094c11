"""Writes the areas of a label raster as polygons: GeoPackage, GeoJSON or shapefile.

GeoJSON is in longitude and latitude, the others are in the CRS of the raster. Memory
depends on the number of polygons.
"""

from argparse import ArgumentParser
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('labels', help='a label raster, as hrvit demo writes it')
    parser.add_argument('out', type=Path, help='ends in .gpkg, .geojson or .shp')
    parser.add_argument('--classes', nargs='+', help='only these (default: all)')
    parser.add_argument(
        '--min-area',
        type=float,
        default=0.0,
        help='leave smaller polygons out, in square units of the CRS (default: 0)',
    )
