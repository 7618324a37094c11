"""Segments images, a video, a camera, a URL or a raster of any size.

It writes overlays with a legend, label maps (the class of each pixel) and the area of
each class to --out. For a raster (GeoTIFF, VRT, JPEG 2000, ...) it writes a GeoTIFF of
the labels, and the areas. After an interruption, the same command continues. The exit
status is 0, or 1 if it could not read some files, or 2 if it could do nothing.
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import MODEL_HELP, add_device, share


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        'source',
        help="an image, a raster, a folder, a glob in quotes, a video, 'camera:0', or "
        'an HTTP(S) URL of an image',
    )
    parser.add_argument('model', nargs='+', help=MODEL_HELP)
    add_device(parser)
    parser.add_argument('--out', type=Path, default='results', help='default: results')
    parser.add_argument(
        '--areas', choices=('csv', 'json'), default='csv', help='format (default: csv)'
    )
    parser.add_argument('--batch-size', type=int, default=1, help='default: 1')
    parser.add_argument(
        '--opacity',
        type=share,
        default=0.5,
        help='opacity of the colours (default: 0.5)',
    )
    parser.add_argument(
        '--max-frames', type=int, help='stop after this number of frames of a video'
    )
    parser.add_argument(
        '--labels',
        action='store_true',
        help='also write the label map of each frame of a video',
    )
    rasters = parser.add_argument_group('rasters')
    rasters.add_argument(
        '--bands',
        type=int,
        nargs='+',
        metavar='NUMBER',
        help='bands of the raster in the order of the network; for a network for RGB '
        'images, those of red, green and blue (default: the bands of LoadRaster in the '
        'config, or 1 2 3)',
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
        help="distance between windows (default: the config's, or three quarters of "
        '--window)',
    )
    rasters.add_argument(
        '--probabilities',
        nargs='+',
        default=[],
        metavar='CLASS',
        help='also write the probabilities of these classes, in 8 bits',
    )
