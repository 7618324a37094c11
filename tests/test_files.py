import errno
import os

import pytest

from mmseg_hrvit import files
from mmseg_hrvit.errors import InputError


def test_a_file_is_written_with_its_folder(tmp_path):
    path = tmp_path / 'a/b.pth'
    files.write_durably(b'new', path)
    assert path.read_bytes() == b'new'
    assert list(path.parent.iterdir()) == [path]


def test_it_has_its_name_once_it_is_on_the_disk(tmp_path, monkeypatch):
    path = tmp_path / 'a.pth'
    path.write_bytes(b'old')
    seen = []
    monkeypatch.setattr(files.os, 'fsync', lambda _: seen.append(path.read_bytes()))
    files.write_durably(b'new', path)
    assert seen == [b'old', b'new']  # the file, then its folder


@pytest.mark.parametrize('error', [OSError(errno.EIO, 'broken'), KeyboardInterrupt()])
def test_what_was_there_stays_if_it_cannot_be_written(tmp_path, monkeypatch, error):
    path = tmp_path / 'a.pth'
    path.write_bytes(b'old')

    def refuse(descriptor):
        raise error

    monkeypatch.setattr(files.os, 'fsync', refuse)
    with pytest.raises(type(error)):
        files.write_durably(b'new', path)
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]


def fail_on_folders(monkeypatch, number):
    fsync = os.fsync

    def refuse(descriptor):
        if os.path.isdir(os.readlink(f'/proc/self/fd/{descriptor}')):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(files.os, 'fsync', refuse)


@pytest.mark.parametrize('number', [errno.EINVAL, errno.ENOTSUP, errno.EBADF])
def test_file_systems_that_cannot_flush_a_folder_will_do(tmp_path, monkeypatch, number):
    fail_on_folders(monkeypatch, number)
    files.write_durably(b'new', tmp_path / 'a.pth')
    assert (tmp_path / 'a.pth').read_bytes() == b'new'


def test_a_broken_disk_is_told(tmp_path, monkeypatch):
    fail_on_folders(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match='Input/output'):
        files.write_durably(b'new', tmp_path / 'a.pth')


def test_a_library_can_write_aside_by_its_own_means(tmp_path):
    with files.written_aside(tmp_path / 'a.txt') as aside:
        aside.write_text('new')
        assert not (tmp_path / 'a.txt').exists()
    assert [path.name for path in tmp_path.iterdir()] == ['a.txt']


def test_an_output_is_no_input(tmp_path):
    (tmp_path / 'in').write_text('x')
    (tmp_path / 'link').symlink_to(tmp_path / 'in')
    os.link(tmp_path / 'in', tmp_path / 'same')
    (tmp_path / 'folder').mkdir()
    for name, told in dict(
        link='also an input',
        same='also an input',
        folder='is a folder',
    ).items():
        with pytest.raises(InputError, match=told):
            files.check_output(tmp_path / name, [tmp_path / 'in', None])
    with pytest.raises(InputError, match='in is a file, not a folder'):
        files.check_output(tmp_path / 'in/a/b')
    with pytest.raises(InputError, match='another program or command wrote it'):
        files.check_output(tmp_path / 'in', is_own=lambda path: False)
    files.check_output(tmp_path / 'new/a', [tmp_path / 'in'])
    files.check_output(tmp_path / 'in')
    assert not (tmp_path / 'new').exists()
