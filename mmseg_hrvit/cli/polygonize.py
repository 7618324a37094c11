"""What ``hrvit polygonize`` does."""

from argparse import Namespace

from mmseg_hrvit.rasters.reading import Raster
from mmseg_hrvit.rasters.vectors import polygonize


def run(args: Namespace) -> None:
    """Writes the polygons."""
    with Raster(args.labels) as labels:
        count = polygonize(labels, args.out, args.classes, args.min_area)
    print(f'{count} polygons: {args.out}')
