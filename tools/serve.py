"""Serves a trained network: a web page to drop images on, and an HTTP endpoint.

The page is at the address that is printed, the endpoint's description at /docs.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.engine.cli import MODEL_HELP
from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.serving import Limits, listen, serve


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
        '--max-bytes',
        type=int,
        default=Limits.max_bytes,
        help='of an uploaded file (default: %(default)s, 32 MiB)',
    )
    parser.add_argument(
        '--max-pixels',
        type=int,
        default=Limits.max_pixels,
        help='of an uploaded image (default: %(default)s)',
    )
    return parser.parse_args(argv)


def run(args) -> None:
    """Loads the network and serves it until Ctrl-C."""
    limits = Limits(args.max_bytes, args.max_pixels)
    with listen(args.host, args.port) as listener:
        segmenter = Segmenter.from_arguments(args.model)
        port = listener.getsockname()[1]
        print(f'http://{args.host}:{port} (Ctrl-C ends it)', flush=True)
        serve(segmenter, limits, listener)


def main(argv=None):
    """Reads the command line and serves."""
    args = parse_args(argv)
    with one_line_errors():
        run(args)


if __name__ == '__main__':
    main()
