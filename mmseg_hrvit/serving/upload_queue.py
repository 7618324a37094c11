"""A short queue for uploads, so that the server reads no more than it can hold."""

import time
from collections.abc import Collection

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PLACES = 4  # uploads that are read, wait or are segmented at a time
READ_SECONDS = 60.0  # until an upload must have arrived
BUSY, TOO_SLOW = 503, 408  # HTTP status codes


class UploadQueue:
    """Accepts a few uploads at a time, and drops those whose clients have disconnected.

    It refuses the others at once, before it reads their bodies. A place becomes free
    when the response begins, when the client disconnects, or when the upload takes too
    long to arrive.

    Args:
        app (ASGIApp): The application.
        paths (Collection[str]): Paths to which uploads are posted.
        places (int): Number of uploads at a time. Defaults to ``PLACES``.
        read_seconds (float): Time in which one must arrive. Defaults to
            ``READ_SECONDS``.
    """

    def __init__(
        self,
        app: ASGIApp,
        paths: Collection[str],
        places: int = PLACES,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.app = app
        self.paths = paths
        self.places = places
        self.read_seconds = read_seconds
        self.taken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        is_upload = scope['type'] == 'http' and scope['method'] == 'POST'
        if not is_upload or scope['path'] not in self.paths:
            await self.app(scope, receive, send)
        elif self.taken >= self.places:
            detail = 'the server is busy with other images: send this one again soon'
            answer = JSONResponse(dict(detail=detail), BUSY, {'Retry-After': '2'})
            await answer(scope, receive, send)
        else:
            await self._let_in(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = Place(self)
        end = time.monotonic() + self.read_seconds
        error = None
        async with anyio.create_task_group() as tasks:

            async def wait_for_client_to_leave() -> None:
                while (await receive())['type'] != 'http.disconnect':
                    pass
                tasks.cancel_scope.cancel()

            async def receive_in_time() -> Message:
                if place.has_body:  # whoever asks now asks whether the client has left
                    await anyio.sleep_forever()
                with anyio.move_on_after(end - time.monotonic()) as limit:
                    message = await receive()
                if limit.cancelled_caught:
                    raise HTTPException(TOO_SLOW, 'the image took too long to arrive')
                if message['type'] == 'http.request' and not message.get('more_body'):
                    place.has_body = True
                    tasks.start_soon(wait_for_client_to_leave)
                return message

            async def send_and_leave(message: Message) -> None:
                place.leave()
                await send(message)

            try:
                await self.app(scope, receive_in_time, send_and_leave)
            except Exception as raised:  # the group would wrap it into another one
                error = raised
            finally:
                place.leave()
                tasks.cancel_scope.cancel()
        if error is not None:
            raise error


class Place:
    """A place in the queue, which is taken until ``leave`` is called."""

    def __init__(self, queue: UploadQueue) -> None:
        self.queue = queue
        self.has_body = False
        self.is_taken = True
        queue.taken += 1

    def leave(self) -> None:
        """Frees the place; may be called several times."""
        self.queue.taken -= self.is_taken
        self.is_taken = False
