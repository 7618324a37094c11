import errno
import os

import pytest
import torch
from mmengine.fileio import get_file_backend

from endings import refused
from mmseg_hrvit import files
from mmseg_hrvit.checkpoints import durable


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_mmengine_gets_one_line(tmp_path, monkeypatch, number):
    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, 'fsync', refuse)
    backend = get_file_backend('x', backend_args=dict(backend=durable.DURABLE))
    with refused(os.strerror(number)) as error:
        backend.put(b'new', str(tmp_path / 'a.pth'))
    assert str(tmp_path / 'a.pth') in str(error.value)
    assert isinstance(error.value, durable.DiskFull) == (number != errno.EIO)


@pytest.mark.parametrize('share', [0, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_not_whole(tmp_path, share):
    path = tmp_path / 'a.pth'
    torch.save(dict(weight=torch.rand(100, 100)), path)
    assert durable.is_whole(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert not durable.is_whole(path)
    assert not durable.is_whole(tmp_path / 'gone.pth')
