import errno
import os

import pytest
import torch
from mmengine.fileio import get_file_backend

from mmseg_hrvit.checkpoints import durable
from mmseg_hrvit.errors import InputError


@pytest.fixture
def backend():
    return get_file_backend('x', backend_args=dict(backend='mmseg_hrvit.durable'))


def fail_to_flush(monkeypatch, number, times=1):
    """Lets the disk refuse the next files, once they are written."""
    left, fsync = [None] * times, os.fsync

    def refuse(descriptor):
        if left:
            left.pop()
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(durable.os, 'fsync', refuse)


def test_a_file_is_written_with_its_folder(tmp_path):
    path = tmp_path / 'a/b.pth'
    durable.write_durably(b'new', path)
    assert path.read_bytes() == b'new'
    assert list(path.parent.iterdir()) == [path]


def test_it_has_its_name_once_it_is_on_the_disk(tmp_path, monkeypatch):
    path = tmp_path / 'a.pth'
    path.write_bytes(b'old')
    seen = []
    monkeypatch.setattr(durable.os, 'fsync', lambda _: seen.append(path.read_bytes()))
    durable.write_durably(b'new', path)
    assert seen == [b'old', b'new']  # the file, then its folder


def test_what_was_there_stays_if_it_cannot_be_written(tmp_path, monkeypatch):
    path = tmp_path / 'a.pth'
    path.write_bytes(b'old')
    fail_to_flush(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match='Input/output'):
        durable.write_durably(b'new', path)
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_mmengine_gets_one_line(tmp_path, monkeypatch, backend, number):
    fail_to_flush(monkeypatch, number)
    with pytest.raises(InputError, match=os.strerror(number)) as error:
        backend.put(b'new', str(tmp_path / 'a.pth'))
    assert str(tmp_path / 'a.pth') in str(error.value)
    assert '\n' not in str(error.value)


def test_room_is_made_until_there_is_some(tmp_path, monkeypatch, backend):
    fail_to_flush(monkeypatch, errno.ENOSPC, times=3)
    older = [1, 2, 3]
    monkeypatch.setitem(durable.ROOM_MAKERS, tmp_path, lambda: bool(older.pop()))
    backend.put(b'new', str(tmp_path / 'a.pth'))
    assert (tmp_path / 'a.pth').read_bytes() == b'new'
    assert older == []


@pytest.mark.parametrize('number, asked', [(errno.ENOSPC, 1), (errno.EIO, 0)])
def test_room_is_made_on_full_disks_alone(
    tmp_path, monkeypatch, backend, number, asked
):
    fail_to_flush(monkeypatch, number)
    calls = []
    monkeypatch.setitem(durable.ROOM_MAKERS, tmp_path, lambda: calls.append(1))
    with pytest.raises(InputError):
        backend.put(b'new', str(tmp_path / 'a.pth'))
    assert len(calls) == asked


def test_deletions_wait(tmp_path):
    path = tmp_path / 'old.pth'
    path.touch()
    backend = durable.LateDeletion()
    backend.remove(str(path))
    assert path.is_file()
    backend.delete_now()
    backend.delete_now()
    assert not path.exists()


@pytest.mark.parametrize('share', [0, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_not_whole(tmp_path, share):
    path = tmp_path / 'a.pth'
    torch.save(dict(weight=torch.rand(100, 100)), path)
    assert durable.is_whole(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert not durable.is_whole(path)
    assert not durable.is_whole(tmp_path / 'gone.pth')
