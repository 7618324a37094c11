"""Listening."""

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export.formats.table import require

from .uploads import Limits

if TYPE_CHECKING:
    from fastapi import FastAPI

PACKAGES = ('fastapi_offline', 'gradio', 'uvicorn')
PATIENCE = 3  # seconds that open connections get at the end
CONNECTIONS = 500  # at a time, also those that clients have just left


def listen(host: str, port: int) -> socket.socket:
    """Opens a port, so that a mistake appears before a network is loaded.

    Args:
        host (str): Name or address of this machine.
        port (int): The port; 0: any free port.

    Returns:
        socket.socket: The listening socket.

    Raises:
        InputError: If the port is not available, or a package is not installed.
    """
    require(PACKAGES, 'a server')
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise InputError(
            f'{host}:{port}: cannot listen there ({error}); choose another --port or '
            '--host'
        ) from error


def build(
    segmenter: Segmenter, limits: Limits, allowed_hosts: Sequence[str] = ('*',)
) -> 'FastAPI':
    """Makes the application: the endpoint, and the page at ``/``.

    Args:
        segmenter (Segmenter): The network.
        limits (Limits): Of uploads.
        allowed_hosts (Sequence[str]): Host names that requests may use.
            Defaults to any.

    Returns:
        FastAPI: The application.
    """
    import gradio as gr

    from .endpoint import build_app
    from .middleware import LoadNothingElsewhere
    from .page import build_page
    from .service import Service

    service = Service(segmenter, limits)
    app = build_app(service, allowed_hosts)
    app.add_middleware(LoadNothingElsewhere)
    return gr.mount_gradio_app(
        app,
        build_page(service),
        path='/',
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=limits.max_bytes,
        ssr_mode=False,
    )


def serve(
    segmenter: Segmenter,
    limits: Limits,
    listener: socket.socket,
    allowed_hosts: Sequence[str],
) -> None:
    """Serves a network until the process is interrupted.

    Args:
        segmenter (Segmenter): The network.
        limits (Limits): Of uploads.
        listener (socket.socket): From ``listen``.
        allowed_hosts (Sequence[str]): From ``trusted_hosts``.
    """
    # Gradio leaves some files of refused uploads to whoever cleans its folder.
    with TemporaryDirectory() as folder:
        os.environ['GRADIO_TEMP_DIR'] = folder
        run(build(segmenter, limits, allowed_hosts), listener)


def run(app: 'FastAPI', listener: socket.socket) -> None:
    """Answers requests until the process is interrupted; like ``serve``."""
    import uvicorn

    page = app.routes[-1].app  # what was mounted last

    class Server(uvicorn.Server):
        def handle_exit(self, number: int, frame: FrameType | None) -> None:
            page.stop_event.set()  # else an open page keeps its connection
            super().handle_exit(number, frame)

    config = uvicorn.Config(
        app,
        log_level='warning',
        timeout_graceful_shutdown=PATIENCE,
        limit_concurrency=CONNECTIONS,
    )
    with suppress(KeyboardInterrupt):  # raised again after a tidy end
        Server(config).run(sockets=[listener])
