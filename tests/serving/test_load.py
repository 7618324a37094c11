"""Many clients that send images and leave: the server lives, in the memory of one."""

import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from paths import ROOT
from serving_data import draw_png

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(find_spec('gradio') is None, reason='needs gradio'),
    pytest.mark.skipif(not Path('/proc/self/status').is_file(), reason='needs /proc'),
]

SERVER = """
from mmseg_hrvit.serving import Limits, listen, serve, trusted_hosts
from serving_data import small_segmenter
with listen('127.0.0.1', 0) as listener:
    segmenter = small_segmenter()
    print('port', listener.getsockname()[1], flush=True)
    serve(segmenter, Limits(), listener, trusted_hosts('127.0.0.1'))
"""
BOUNDARY = 'aboundary'
PATIENCE = 300  # seconds for one answer; the machine may be busy


class Server:
    """A server in a process of its own."""

    def __init__(self, folder):
        self.log = (folder / 'log').open('w+')
        self.process = subprocess.Popen(
            [sys.executable, '-c', SERVER],
            env={
                **os.environ,
                'PYTHONPATH': f'{ROOT}:{ROOT / "tests"}',
                'OMP_NUM_THREADS': '1',
            },
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        for line in self.process.stdout:
            if line.startswith('port '):
                self.port = int(line.split()[1])
                break
        while self.get('/classes') != 200:
            time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()

    def get(self, path):
        connection = HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request('GET', path)
            return connection.getresponse().status
        finally:
            connection.close()

    def post(self, image):
        connection = HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        head, body = form(image)
        try:
            connection.request('POST', '/segment', body, head)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def post_and_leave(self, image, share=1.0):
        """Sends a part of an upload, and closes the connection."""
        head, body = form(image)
        lines = [f'{name}: {value}' for name, value in head.items()]
        start = '\r\n'.join(['POST /segment HTTP/1.1', 'Host: localhost', *lines])
        with socket.create_connection(('127.0.0.1', self.port), PATIENCE) as client:
            try:
                client.sendall(f'{start}\r\n\r\n'.encode())
                client.sendall(body[: int(share * len(body))])
            except ConnectionError:
                pass  # refused before all was sent

    @property
    def peak(self):
        """The most memory that the process has taken, in bytes."""
        status = Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmHWM:\s+(\d+) kB', status)[1]) * 1024


def form(image):
    """Headers and body of an upload."""
    name = 'Content-Disposition: form-data; name="image"; filename="a.bmp"'
    body = f'--{BOUNDARY}\r\n{name}\r\n\r\n'.encode() + image
    body += f'\r\n--{BOUNDARY}--\r\n'.encode()
    kind = f'multipart/form-data; boundary={BOUNDARY}'
    return {'Content-Type': kind, 'Content-Length': str(len(body))}, body


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    server.stop()


def wait_until_free(server, image):
    """Sends an image again while the server is busy; returns the seconds."""
    started = time.monotonic()
    while (answer := server.post(image))[0] == 503:
        assert time.monotonic() - started < PATIENCE
        time.sleep(0.2)
    assert answer[0] == 200
    return time.monotonic() - started


def test_small_uploads_that_are_aborted_do_not_stop_it(server):
    image = draw_png(192, 256)
    alone = wait_until_free(server, image)
    with ThreadPoolExecutor(50) as clients:
        for _ in clients.map(server.post_and_leave, [image] * 200):
            pass
        started = time.monotonic()
        assert server.get('/classes') == 200
        assert time.monotonic() - started < 10 * alone + 5
        assert wait_until_free(server, image) < 20 * alone + 10


def test_large_uploads_that_are_aborted_take_the_memory_of_one(server):
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    image = cv2.imencode('.bmp', noise)[1].tobytes()  # 9 MB
    wait_until_free(server, image)
    one = server.peak
    shares = [1.0, 0.9, 0.5, 0.1] * 8
    with ThreadPoolExecutor(len(shares)) as clients:
        list(clients.map(server.post_and_leave, [image] * len(shares), shares))
    wait_until_free(server, image)
    assert server.peak < one + 100e6, (one, server.peak)


def test_clients_that_wait_are_answered_or_told_to_come_again(server):
    image = draw_png(192, 256)
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(server.post, [image] * 16))
    statuses = [status for status, _ in answers]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 4
    assert len({data for status, data in answers if status == 200}) == 1
