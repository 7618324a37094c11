"""Serves a trained network: a web page to drop images on, and an HTTP endpoint.

The page is at the address that is printed, the endpoint's description at /docs.
"""

from argparse import ArgumentParser

from .arguments import MODEL_HELP


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('model', nargs='+', help=MODEL_HELP)
    parser.add_argument(
        '--host',
        default='127.0.0.1',
        help='address to listen at (default: 127.0.0.1, this machine alone); '
        '0.0.0.0 lets in everybody, without a password',
    )
    parser.add_argument(
        '--port', type=int, default=7860, help='default: 7860; 0: any free one'
    )
    parser.add_argument(
        '--allowed-hosts',
        nargs='+',
        default=[],
        metavar='NAME',
        help="further names by which the server may be called, such as a proxy's; "
        "'*.NAME' is all below NAME, '*' any (default: its own names alone)",
    )
    parser.add_argument(
        '--max-bytes',
        type=int,
        default=32 * 2**20,
        help='of an uploaded file (default: %(default)s, 32 MiB)',
    )
    parser.add_argument(
        '--max-pixels',
        type=int,
        default=64 * 10**6,
        help='of an uploaded image (default: %(default)s)',
    )
