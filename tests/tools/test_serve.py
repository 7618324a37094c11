"""The command line of tools/serve.py."""

import socket
from functools import partial

import pytest

from data import load_tool
from endings import exit_status
from export_data import save_small

pytest.importorskip('gradio')
pytest.importorskip('fastapi_offline')

import uvicorn
from fastapi.testclient import TestClient

from mmseg_hrvit.serving.server import CONNECTIONS

CONFIG = 'hrvit_b1_camvid'


@pytest.fixture
def model(tmp_path):
    """Config and checkpoint of a small network."""
    return save_small(CONFIG, tmp_path)


fail = partial(exit_status, load_tool('serve'))


def test_serves_on_this_machine_alone(model, monkeypatch, capsys):
    seen = []

    def run(self, sockets):
        assert self.config.limit_concurrency == CONNECTIONS
        seen.append(sockets[0].getsockname())
        with TestClient(self.config.app, 'http://127.0.0.1') as client:
            seen.append(client.get('/classes').status_code)
            seen.append(client.post('/segment', files=dict(image=bytes(60))))
            foreign = client.get('/classes', headers=dict(host='evil.example'))
            seen.append(foreign.status_code)
            proxy = client.get('/classes', headers=dict(host='maps.example'))
            seen.append(proxy.status_code)

    monkeypatch.setattr(uvicorn.Server, 'run', run)
    options = ['--port', '0', '--max-bytes', '50', '--allowed-hosts', 'maps.example']
    load_tool('serve').main([*model, *options])
    (host, port), status, refusal, foreign, proxy = seen
    assert host == '127.0.0.1'
    assert f'http://127.0.0.1:{port} ' in capsys.readouterr().out
    assert status == 200
    assert refusal.status_code == 413
    assert (foreign, proxy) == (400, 200)


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['net.onnx', '--max-bytes', '0'], '--max-bytes 0: give 1 or more'),
        (['net.onnx', '--max-pixels', '10000000000'], 'give 1 to 178956970'),
        (['net.onnx', '--port', '0'], 'net.onnx: there is no such file'),
        (['net.onnx', '--port', '0', '--device', 'cpu'], 'omit --device'),
        (['a', 'b', 'c', '--port', '0'], 'give a config and a checkpoint, or a file'),
        (['net.onnx', '--port', '99999'], '127.0.0.1:99999: cannot listen there'),
        (['net.onnx', '--host', 'nowhere.invalid'], 'choose another --port or --host'),
    ],
)
def test_mistakes_are_one_line(args, message, capsys):
    assert fail(*args) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ')
    assert message in line


def test_a_port_that_is_taken(capsys):
    with socket.create_server(('127.0.0.1', 0)) as other:
        port = other.getsockname()[1]
        assert fail('net.onnx', '--port', port) == 2
    assert f'127.0.0.1:{port}: cannot listen there' in capsys.readouterr().err


def test_a_missing_package(monkeypatch, capsys):
    monkeypatch.setattr('mmseg_hrvit.export.formats.table.find_spec', lambda name: None)
    assert fail('net.onnx') == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith('`pip install fastapi_offline gradio uvicorn`')
