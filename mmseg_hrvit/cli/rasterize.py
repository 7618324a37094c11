"""What ``hrvit rasterize`` does."""

import sys
from argparse import Namespace

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.converters.source import check_spelling
from mmseg_hrvit.rasters.reading import Raster
from mmseg_hrvit.rasters.shapes import read_polygons
from mmseg_hrvit.rasters.vectors import rasterize


def run(args: Namespace) -> None:
    """Draws the polygons."""
    with Raster(args.raster) as raster:
        if not raster.is_georeferenced:
            raise InputError(
                f'{raster.path} does not say where it lies, so no polygon can be '
                'placed on it: give a georeferenced raster'
            )
        polygons = read_polygons(args.shapes, args.field, raster.file.crs, args.layer)
        check_spelling(polygons.classes)
        classes = rasterize(raster, polygons, args.out, args.classes, args.background)
    for note in polygons.notes:
        print(note, file=sys.stderr)
    print(f'{args.out}: {", ".join(f"{i} {name}" for i, name in enumerate(classes))}')
