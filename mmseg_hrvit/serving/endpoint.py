"""The network as an HTTP endpoint."""

from asyncio import Lock
from collections.abc import Sequence
from typing import Annotated, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, File, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from starlette.middleware.trustedhost import TrustedHostMiddleware

from mmseg_hrvit.apis.areas import count_areas
from mmseg_hrvit.apis.picture_files import encode_picture
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.version import __version__

from .middleware import LimitBody
from .service import Service
from .upload_queue import BUSY, TOO_SLOW, UploadQueue
from .uploads import BROKEN, NO_IMAGE, TOO_LARGE, RefusedError


class Class(BaseModel):
    """A class, its value in label maps, and its colour."""

    value: int
    name: str
    colour: str


class Areas(BaseModel):
    """Size of an image, and the number of pixels of each class."""

    height: int
    width: int
    pixels: dict[str, int]


class Refusal(BaseModel):
    """Why an upload was refused, in one line."""

    detail: str


REFUSALS = {
    BROKEN: dict(model=Refusal, description='A broken image'),
    TOO_LARGE: dict(model=Refusal, description='Too many bytes or pixels'),
    NO_IMAGE: dict(model=Refusal, description='No image'),
    TOO_SLOW: dict(model=Refusal, description='It took too long to arrive'),
    BUSY: dict(model=Refusal, description='Other images are waiting'),
}
UPLOADS = ('/segment', '/gradio_api/upload')  # the endpoint's, and the page's
LABELS = {
    200: dict(
        content={'image/png': dict(schema=dict(type='string', format='binary'))},
        description='The label map, or the areas',
    )
}


def build_app(service: Service, allowed_hosts: Sequence[str]) -> FastAPI:
    """Makes the endpoint, with its description at ``/docs``.

    Args:
        service (Service): The network.
        allowed_hosts (Sequence[str]): Host names that requests may use.

    Returns:
        FastAPI: The application.
    """
    app = FastAPIOffline(
        title='Semantic segmentation by HRViT', version=__version__, redoc_url=None
    )
    # The last one is the first to see a request.
    app.add_middleware(LimitBody, limits=service.limits)
    app.add_middleware(UploadQueue, paths=UPLOADS)
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=allowed_hosts, www_redirect=False
    )
    turn = Lock()
    threads = CapacityLimiter(1)  # of its own: other requests need no turn

    @app.exception_handler(InputError)
    def refuse(request: Request, error: InputError) -> JSONResponse:
        status = error.status if isinstance(error, RefusedError) else BROKEN
        return JSONResponse(dict(detail=str(error)), status)

    @app.get('/classes')
    def list_classes() -> list[Class]:
        """Lists the classes in the order of their values."""
        return list_metadata_classes(service)

    @app.post('/segment', response_model=Areas, responses={**LABELS, **REFUSALS})
    async def segment(
        image: Annotated[UploadFile, File(description='JPEG, PNG, BMP, WebP or TIFF')],
        output: Annotated[
            Literal['labels', 'areas'],
            Query(description='a PNG of the class of every pixel, or a JSON table'),
        ] = 'labels',
    ) -> Response | Areas:
        """Segments an image."""
        async with turn:  # until then the image lies on the disk
            return await to_thread.run_sync(
                answer, service, image, output, limiter=threads
            )

    return app


def answer(service: Service, image: UploadFile, output: str) -> Response | Areas:
    """Segments an upload, and makes the response."""
    _, labels = service.segment(image.file.read)
    if output == 'labels':
        return Response(encode_picture(labels, '.png'), media_type='image/png')
    height, width = labels.shape
    pixels = count_areas(labels, service.metadata)
    return Areas(height=height, width=width, pixels=pixels)


def list_metadata_classes(service: Service) -> list[Class]:
    """Returns the classes of a network."""
    metadata = service.metadata
    pairs = zip(metadata.classes, metadata.palette, strict=True)
    return [
        Class(value=value, name=name, colour='#{:02x}{:02x}{:02x}'.format(*colour))
        for value, (name, colour) in enumerate(pairs)
    ]
