"""Requests that are cut off."""

import asyncio

import pytest

pytest.importorskip('starlette')

from starlette.exceptions import HTTPException

from mmseg_hrvit.serving import Limits
from mmseg_hrvit.serving.middleware import FRAME, LimitBody


async def read_all(scope, receive, send):
    while (await receive())['more_body']:
        pass


def test_a_long_body_is_not_read_to_its_end():
    read = []

    async def receive():
        read.append(FRAME)
        return dict(type='http.request', body=bytes(FRAME), more_body=len(read) < 100)

    app = LimitBody(read_all, Limits(max_bytes=3 * FRAME))
    with pytest.raises(HTTPException, match='larger than 196,608 bytes') as error:
        asyncio.run(app(dict(type='http'), receive, None))
    assert error.value.status_code == 413
    assert len(read) == 5
