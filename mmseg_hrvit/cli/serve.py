"""What ``hrvit serve`` does."""

from argparse import Namespace

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.serving import Limits, listen, serve, trusted_hosts


def run(args: Namespace) -> None:
    """Loads the network and serves it until Ctrl-C."""
    limits = Limits(args.max_bytes, args.max_pixels)
    with listen(args.host, args.port) as listener:
        segmenter = Segmenter.from_arguments(args.model, args.device)
        port = listener.getsockname()[1]
        print(f'http://{args.host}:{port} (Ctrl-C ends it)', flush=True)
        hosts = trusted_hosts(args.host, args.allowed_hosts)
        serve(segmenter, limits, listener, hosts)
