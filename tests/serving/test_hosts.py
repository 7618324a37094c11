"""The names to which a server answers."""

import socket

import pytest

pytest.importorskip('gradio')
pytest.importorskip('fastapi_offline')

from fastapi.testclient import TestClient

from mmseg_hrvit.serving import Limits, trusted_hosts
from mmseg_hrvit.serving.server import build
from serving_data import small_segmenter


def test_this_machine_alone():
    local = ['127.0.0.1', '[::1]', 'localhost']
    assert trusted_hosts('127.0.0.1') == local
    assert {*trusted_hosts('127.0.0.1', ['a.io'])} == {*local, 'a.io'}
    assert '[fd00::7]' in trusted_hosts('fd00::7')


@pytest.mark.parametrize('host', ['0.0.0.0', '::'])
def test_at_all_addresses_it_answers_to_its_own(host, monkeypatch):
    addresses = [(0, 0, 0, '', (name, 0)) for name in ('10.0.0.5', 'fe80::1%eth0')]
    monkeypatch.setattr(socket, 'gethostname', lambda: 'box')
    monkeypatch.setattr(socket, 'getfqdn', lambda: 'box.lan')
    monkeypatch.setattr(socket, 'getaddrinfo', lambda *args: addresses)
    hosts = trusted_hosts(host)
    assert {'box', 'box.lan', '10.0.0.5', '[fe80::1]', 'localhost'} <= set(hosts)
    assert host not in hosts
    assert '*' not in hosts


@pytest.mark.parametrize('path', ['/', '/classes', '/config', '/docs'])
def test_a_foreign_name_is_not_served(path):
    app = build(small_segmenter(), Limits(), trusted_hosts('127.0.0.1'))
    with TestClient(app, 'http://localhost:7860') as client:
        assert client.get(path).status_code == 200
        headers = dict(host='evil.example', origin='http://evil.example')
        response = client.get(path, headers=headers)
    assert response.status_code == 400
    assert 'access-control-allow-origin' not in response.headers
