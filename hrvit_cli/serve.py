"""Serves a trained network: a web page that takes images, and an HTTP endpoint.

It prints the address of the page; /docs there describes the endpoint.
"""

from argparse import ArgumentParser

from .arguments import MODEL_HELP, add_device


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument('model', nargs='+', help=MODEL_HELP)
    add_device(parser)
    parser.add_argument(
        '--host',
        default='127.0.0.1',
        help='address to listen on (default: 127.0.0.1, only this machine); 0.0.0.0 '
        'lets everybody in, without a password',
    )
    parser.add_argument(
        '--port', type=int, default=7860, help='0: any free port (default: 7860)'
    )
    parser.add_argument(
        '--allowed-hosts',
        nargs='+',
        default=[],
        metavar='NAME',
        help="further host names to which the server answers, such as a proxy's; "
        "'*.NAME' means all names below NAME, '*' any (default: only its own names)",
    )
    parser.add_argument(
        '--max-bytes',
        type=int,
        default=32 * 2**20,
        help='largest upload (default: %(default)s, 32 MiB)',
    )
    parser.add_argument(
        '--max-pixels',
        type=int,
        default=64 * 10**6,
        help='largest uploaded image (default: %(default)s)',
    )
