"""The HTTP endpoint, and the page's files, without a browser."""

from threading import Thread

import cv2
import numpy as np
import pytest

pytest.importorskip('gradio')
pytest.importorskip('fastapi_offline')

from fastapi.testclient import TestClient

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.serving import Limits
from mmseg_hrvit.serving.server import build
from serving_data import blank_png, draw_png, small_segmenter

MAX_BYTES = 200_000


@pytest.fixture(scope='module')
def segmenter():
    return small_segmenter()


@pytest.fixture(scope='module')
def client(segmenter):
    with TestClient(build(segmenter, Limits(MAX_BYTES, 10_000_000))) as client:
        yield client


def post(client, data, output='labels'):
    return client.post('/segment', files=dict(image=data), params=dict(output=output))


def read(data, flags):
    return cv2.imdecode(np.frombuffer(data, np.uint8), flags)


def expect(segmenter):
    return segmenter([read(draw_png(), cv2.IMREAD_COLOR)])[0].labels


def test_labels_are_the_segmenters(client, segmenter):
    response = post(client, draw_png())
    assert response.status_code == 200
    assert response.headers['content-type'] == 'image/png'
    labels = read(response.content, cv2.IMREAD_UNCHANGED)
    assert len(np.unique(labels)) > 1
    assert np.array_equal(labels, expect(segmenter))


def test_areas_are_those_of_the_labels(client, segmenter):
    areas = post(client, draw_png(), 'areas').json()
    labels = expect(segmenter)
    assert (areas['height'], areas['width']) == labels.shape
    for value, name in enumerate(segmenter.metadata.classes):
        assert areas['pixels'][name] == np.count_nonzero(labels == value)


def test_classes_are_in_the_order_of_their_values(client, segmenter):
    classes = client.get('/classes').json()
    assert [entry['name'] for entry in classes] == segmenter.metadata.classes
    assert [entry['value'] for entry in classes] == [*range(11)]
    colours = [[*bytes.fromhex(entry['colour'][1:])] for entry in classes]
    assert colours == segmenter.metadata.palette


@pytest.mark.parametrize(
    ('data', 'status', 'message'),
    [
        (blank_png(4_000), 413, 'more than 10,000,000 pixels'),
        (bytes(MAX_BYTES + 1), 413, 'larger than 200,000 bytes'),
        (bytes(MAX_BYTES + 2**20), 413, 'larger than 200,000 bytes'),
        (b'a text', 415, 'cannot be read as an image'),
        (draw_png()[:-30], 400, 'broken'),
    ],
)
def test_lives_on_after_a_refusal(client, data, status, message):
    response = post(client, data)
    assert response.status_code == status
    assert message in response.json()['detail']
    assert post(client, draw_png()).status_code == 200


def test_what_the_network_refuses_is_told(client, segmenter, monkeypatch):
    def refuse(self, images):
        raise InputError('the file takes images of 40 x 56')

    monkeypatch.setattr(type(segmenter), '__call__', refuse)
    response = post(client, draw_png())
    assert response.status_code == 400
    assert response.json() == dict(detail='the file takes images of 40 x 56')


def test_one_image_at_a_time(client, segmenter, monkeypatch):
    real = type(segmenter).__call__
    busy, most = [], []

    def segment(self, images):
        busy.append(1)
        most.append(len(busy))
        result = real(self, images)
        busy.pop()
        return result

    monkeypatch.setattr(type(segmenter), '__call__', segment)
    threads = [Thread(target=post, args=(client, draw_png())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 4


@pytest.mark.parametrize('path', ['/', '/docs'])
def test_pages_load_nothing_from_elsewhere(client, path):
    response = client.get(path)
    assert response.status_code == 200
    policy = response.headers['content-security-policy']
    assert policy.startswith("default-src 'self'")
    assert 'http' not in policy


def test_the_endpoint_is_described(client):
    paths = client.get('/openapi.json').json()['paths']
    assert {'/segment', '/classes'} <= set(paths)
    assert {'200', '400', '413', '415'} <= set(paths['/segment']['post']['responses'])


def test_the_pages_own_upload_is_limited_too(client):
    def upload(size):
        files = dict(files=('a.jpg', bytes(size)))
        return client.post('/gradio_api/upload', files=files).status_code

    assert upload(MAX_BYTES) == 200
    assert upload(MAX_BYTES + 1) >= 400
    assert upload(MAX_BYTES + 2**20) >= 400
