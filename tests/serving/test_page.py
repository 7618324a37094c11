"""What the page tells of errors, over Gradio's own requests."""

import pytest

pytest.importorskip('gradio')
pytest.importorskip('fastapi_offline')

from fastapi.testclient import TestClient

from mmseg_hrvit.serving import Limits
from mmseg_hrvit.serving.server import build
from serving_data import draw_png, small_segmenter


def drop(client, data):
    """Does what the page does with a dropped file; returns all that it is told."""
    path = client.post('/gradio_api/upload', files=dict(files=('a.png', data))).json()
    file = dict(path=path[0], meta=dict(_type='gradio.FileData'))
    (event,) = (
        dependency['id']
        for dependency in client.get('/config').json()['dependencies']
        if any(trigger == 'upload' for _, trigger in dependency['targets'])
    )
    session = dict(session_hash='a-session')
    call = dict(data=[file], fn_index=event, **session)
    assert client.post('/gradio_api/queue/join', json=call).status_code == 200
    return client.get('/gradio_api/queue/data', params=session).text


def test_a_refusal_is_told_and_a_bug_is_not(monkeypatch):
    segmenter = small_segmenter()
    with TestClient(build(segmenter, Limits())) as client:
        assert '"success":true' in drop(client, draw_png())
        said = drop(client, b'a text')
        assert '"success":false' in said
        assert 'cannot be read as an image' in said

        def fail(self, images):
            raise RuntimeError('a secret of the server')

        monkeypatch.setattr(type(segmenter), '__call__', fail)
        said = drop(client, draw_png())
        assert '"success":false' in said
        assert 'secret' not in said
