"""Downloads: once, whole, and what their names say."""

from functools import partial
from pathlib import Path

import pytest
import torch

from endings import refusal
from file_server import serve_folder
from mmseg_hrvit.zoo import hash_of, urls

CONTENT = b'weights of a network'


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A served folder, its address, and the folder where downloads go."""
    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path / 'hub'))
    folder = tmp_path / 'served'
    folder.mkdir()
    with serve_folder(folder) as url:
        yield folder, url, tmp_path / 'hub/checkpoints'


def write_named(folder, content=CONTENT):
    """Writes a file that has its hash in its name."""
    path = folder / 'net.pth'
    path.write_bytes(content)
    return path.rename(folder / f'net-{hash_of(path)[:8]}.pth')


refuse = partial(refusal, urls.download)


def test_a_file_is_downloaded_once_to_where_torch_has_it(served):
    folder, url, hub = served
    file = write_named(folder)
    path = urls.download(f'{url}/{file.name}')
    assert path == hub / file.name
    assert path.read_bytes() == CONTENT
    file.unlink()
    assert urls.download(f'{url}/{file.name}') == path


def test_another_file_than_the_name_says_is_refused_and_not_kept(served):
    folder, url, hub = served
    file = write_named(folder)
    file.write_bytes(b'something else')
    message = refuse(f'{url}/{file.name}')
    assert message.startswith(f'{url}/{file.name}: cannot be downloaded')
    assert 'invalid hash' in message
    assert not [path for path in hub.rglob('*') if path.is_file()]


def test_a_file_damaged_in_the_cache_is_refused(served):
    folder, url, _ = served
    file = write_named(folder)
    path = urls.download(f'{url}/{file.name}')
    path.write_bytes(CONTENT[:-1])
    message = refuse(f'{url}/{file.name}')
    assert message.startswith(f'{path}: is damaged')
    assert 'delete it to download it again' in message


def test_files_of_one_name_are_kept_apart(served):
    folder, url, _ = served
    for name in 'ab':
        (folder / name).mkdir()
        (folder / name / 'model.safetensors').write_text(name)
    for name in 'ab':
        path = urls.download(f'{url}/{name}/model.safetensors?download=true')
        assert path.name == 'model.safetensors'
        assert path.read_text() == name


@pytest.mark.parametrize('name', ['net-20240131.pth', 'net-b1.pth', 'deadbeef.pth'])
def test_a_name_without_a_hash_is_not_compared(served, name):
    folder, url, _ = served
    (folder / name).write_bytes(CONTENT)
    assert urls.download(f'{url}/{name}').read_bytes() == CONTENT


@pytest.mark.parametrize('rank', [0, 1])
def test_one_process_of_a_machine_downloads_and_the_others_wait(
    served, monkeypatch, rank
):
    folder, url, hub = served
    file = write_named(folder)
    downloads, arrived = [], hub / file.name

    def download(address, path, digits):
        downloads.append(address)
        Path(path).write_bytes(CONTENT)

    def wait():
        """The first process of the machine is there by then."""
        arrived.parent.mkdir(parents=True, exist_ok=True)
        arrived.write_bytes(CONTENT)

    monkeypatch.setenv('LOCAL_RANK', str(rank))
    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    monkeypatch.setattr(urls, 'barrier', wait)
    assert urls.download(f'{url}/{file.name}') == arrived
    assert len(downloads) == (rank == 0)


def test_a_failed_download_lets_no_process_wait(served, monkeypatch):
    waited = []
    monkeypatch.setattr(urls, 'barrier', lambda: waited.append(1))
    assert 'cannot be downloaded' in refuse(f'{served[1]}/missing.pth')
    assert waited == [1]
