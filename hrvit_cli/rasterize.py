"""Draws polygons into a label raster for a raster.

The label raster has the size, CRS and transform of the raster, so a network can train
on the pair.
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
        '--layer', help='layer of the file with the polygons (default: its first)'
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        help='names of the classes, numbered from 0 (default: all values of the field, '
        'sorted); polygons of other classes are ignored',
    )
    parser.add_argument(
        '--background',
        metavar='CLASS',
        help='class of pixels outside all polygons (default: 255, which is ignored)',
    )
