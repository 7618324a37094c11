"""Repositories of the Hugging Face Hub, by its own client and a server beside it."""

import sys
from functools import partial

import pytest

from endings import refusal
from file_server import COMMIT, HubHandler, serve_folder
from mmseg_hrvit.zoo import fetch

constants = pytest.importorskip('huggingface_hub.constants')
CONTENT = b'weights of a network'


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """The folder of OWNER/REPOSITORY on a server."""
    folder = tmp_path / 'hub/someone/street-net'
    folder.mkdir(parents=True)
    (folder / 'model.safetensors').write_bytes(CONTENT)
    with serve_folder(tmp_path / 'hub', HubHandler) as url:
        template = '/{repo_id}/resolve/{revision}/{filename}'
        monkeypatch.setattr(constants, 'ENDPOINT', url)
        monkeypatch.setattr(constants, 'HUGGINGFACE_CO_URL_TEMPLATE', url + template)
        monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path / 'cache'))
        yield folder


refuse = partial(refusal, fetch)


@pytest.mark.parametrize(
    'address',
    ['someone/street-net', 'hf://someone/street-net', 'hf://someone/street-net@main'],
)
def test_the_file_of_a_repository_is_downloaded_once(repository, address):
    path = fetch(address)
    assert path.read_bytes() == CONTENT
    assert COMMIT in path.parts
    (repository / 'model.safetensors').unlink()
    pinned = f'someone/street-net@{COMMIT}'
    assert fetch(pinned) == path


def test_another_file_of_it(repository):
    (repository / 'b1').mkdir()
    (repository / 'b1/net.pth').write_bytes(b'another')
    path = fetch('hf://someone/street-net/b1/net.pth')
    assert path.read_bytes() == b'another'


def test_a_file_damaged_in_the_cache_is_refused(repository):
    kept = fetch('someone/street-net').resolve()
    kept.write_bytes(CONTENT[:-1])
    message = refuse('someone/street-net')
    assert message.startswith(f'{kept}: is damaged')
    assert 'delete it' in message


@pytest.mark.parametrize('name', ['someone/other', 'hf://someone/street-net/net.pth'])
def test_what_is_not_there_is_one_line(repository, name):
    message = refuse(name)
    assert message.startswith(f'{name}: cannot be downloaded from the Hugging Face Hub')


def test_what_is_no_address_is_one_line():
    assert 'is not the address' in refuse('hf://street-net')


def test_without_its_client_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'huggingface_hub', None)
    assert 'pip install huggingface_hub' in refuse('someone/street-net')
