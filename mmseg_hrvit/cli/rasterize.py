"""What ``hrvit rasterize`` does."""

from argparse import Namespace

from mmseg_hrvit.rasters.reading import Raster
from mmseg_hrvit.rasters.vectors import rasterize


def run(args: Namespace) -> None:
    """Draws the polygons."""
    with Raster(args.raster) as raster:
        classes = rasterize(
            raster, args.shapes, args.out, args.field, args.classes, args.background
        )
    print(f'{args.out}: {", ".join(f"{i} {name}" for i, name in enumerate(classes))}')
