"""Draws polygons into a label raster that lies over a raster.

The label raster has the size, the CRS and the transform of the raster, so that both
are a pair to train on.
"""

from argparse import ArgumentParser
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('raster', help='a georeferenced raster')
    parser.add_argument(
        'shapes', help='polygons: a shapefile, GeoPackage, GeoJSON, ..., in any CRS'
    )
    parser.add_argument('out', type=Path, help='the label raster, a GeoTIFF')
    parser.add_argument(
        '--field', required=True, help='field of the polygons with their class'
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        help='names of the classes, from number 0 (default: all in the field, sorted); '
        'polygons of others are ignored',
    )
    parser.add_argument(
        '--background',
        metavar='CLASS',
        help='class of pixels in no polygon (default: they are ignored, 255)',
    )
