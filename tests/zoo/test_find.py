"""What a network may be called, and which file that is."""

import pytest

from endings import refused
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.zoo import find, find_local, find_weights, read_index

NAME = 'hrvit_quickstart'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refuse(source):
    with refused() as error:
        find_weights(source)
    assert str(error.value).startswith(f'{source}: there is no such checkpoint')
    return str(error.value)


def test_a_name_is_the_package_s_file(folder):
    assert find_weights(NAME) == read_index()[NAME].path
    (folder / NAME).write_text('another file of this name')
    assert find_weights(NAME) == read_index()[NAME].path
    assert find_weights(f'./{NAME}').read_text() == 'another file of this name'


def test_a_path_is_itself(folder, monkeypatch):
    (folder / 'net.pth').touch()
    assert find_weights(folder / 'net.pth') == folder / 'net.pth'
    monkeypatch.setenv('HOME', str(folder))
    assert find_weights('~/net.pth') == folder / 'net.pth'


@pytest.mark.parametrize('source', ['http://x.org/net.pth', 'https://x.org/net.pth'])
def test_addresses_are_downloaded(source, monkeypatch):
    monkeypatch.setattr(find, 'download', lambda url: f'downloaded {url}')
    assert find_weights(source) == f'downloaded {source}'


def test_repositories_are_fetched_unless_there_is_such_a_file(folder, monkeypatch):
    monkeypatch.setattr(find, 'fetch', lambda address: f'fetched {address}')
    for source in ('hf://someone/net', 'someone/net', 'someone/net@v1'):
        assert find_weights(source) == f'fetched {source}'
    (folder / 'someone').mkdir()
    (folder / 'someone/net').touch()
    assert str(find_weights('someone/net')) == 'someone/net'


def test_an_unknown_name_is_told_the_nearest():
    assert f'the nearest are {NAME}' in refuse('hrvit_quikstart')
    assert f'the nearest are {NAME}' in refuse('b7')


@pytest.mark.parametrize('source', ['runs/net.pth', 'net.safetensors', './net', '/a/b'])
def test_an_unknown_path_is_told_to_be_checked(source):
    assert refuse(source).endswith('; check the path')


def test_a_config_without_weights_is_told_to_need_them():
    assert 'give a checkpoint' in refuse('hrvit_b3_ade20k')


def test_in_configs_the_same_names_are_of_this_machine():
    assert find_local(NAME) == read_index()[NAME].path
    with pytest.raises(InputError, match='there is no such checkpoint'):
        find_local('someone/net')
