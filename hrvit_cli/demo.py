"""Segments images, a video, a camera, an address or a raster of any size.

Into --out go overlays with a legend, label maps (the class of every pixel) and the
area of every class; of a raster (GeoTIFF, VRT, JPEG 2000, ...) a GeoTIFF of the labels
and the areas. After an interruption, the same command continues.
The exit status is 0, 1 if some files could not be read, 2 if nothing could be done.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import MODEL_HELP


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        'source',
        help="an image, a raster, a folder, a glob in quotes, a video, 'camera:0', or "
        'an HTTP(S) address of an image',
    )
    parser.add_argument('model', nargs='+', help=MODEL_HELP)
    parser.add_argument('--out', type=Path, default='results', help='default: results')
    parser.add_argument(
        '--areas', choices=('csv', 'json'), default='csv', help='default: csv'
    )
    parser.add_argument('--batch-size', type=int, default=1, help='default: 1')
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colours (default: 0.5)'
    )
    parser.add_argument(
        '--max-frames', type=int, help='stop a video after so many frames'
    )
    parser.add_argument(
        '--labels',
        action='store_true',
        help='write the label map of every frame of a video too',
    )
    rasters = parser.add_argument_group('rasters')
    rasters.add_argument(
        '--bands',
        type=int,
        nargs='+',
        metavar='NUMBER',
        help="in the order of the config's; of a network for pictures those of red, "
        'green and blue (default: those of LoadRaster in the config, or 1 2 3)',
    )
    rasters.add_argument(
        '--window',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help="size of the windows (default: the config's)",
    )
    rasters.add_argument(
        '--stride',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help="from one window to the next (default: the config's, or three quarters of "
        '--window)',
    )
    rasters.add_argument(
        '--probabilities',
        nargs='+',
        default=[],
        metavar='CLASS',
        help='write their probabilities too, of 8 bits',
    )
