"""Checks for every request: its length, and from where the page may load."""

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .uploads import Limits, too_many_bytes

FRAME = 2**16  # bytes that a form may have around its file
# Gradio's page has scripts and styles inside, and asks for an analytics script.
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "frame-ancestors 'self'"
)


class LimitBody:
    """Refuses a request as soon as its body is too long, before a file is written.

    Args:
        app (ASGIApp): The application for other requests.
        limits (Limits): The limits.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        length = 0

        async def counted() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get('body', b''))
            if length > self.limits.max_bytes + FRAME:
                error = too_many_bytes(self.limits)
                raise HTTPException(error.status, str(error))
            return message

        await self.app(scope, counted, send)


class LoadNothingElsewhere:
    """Tells the browser to load nothing from other servers.

    Args:
        app (ASGIApp): The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""

        async def send_with_policy(message: Message) -> None:
            if message['type'] == 'http.response.start':
                MutableHeaders(scope=message)['Content-Security-Policy'] = POLICY
            await send(message)

        await self.app(scope, receive, send_with_policy)
