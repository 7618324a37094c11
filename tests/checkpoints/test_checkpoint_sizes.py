"""Small files that would take much memory."""

import resource
import zipfile

import numpy as np
import pytest
import torch

from mmseg_hrvit.checkpoints import load_from_local
from mmseg_hrvit.checkpoints.sizes import arrays_in, check_arrays, check_file
from mmseg_hrvit.errors import InputError

GIB = 2**30


def refuse(path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as error:
        load_from_local(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**16  # KiB
    assert str(error.value).startswith(f'{path}: refused')
    return str(error.value)


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'small.pth'


def test_a_compressed_archive(path, tmp_path):
    whole = tmp_path / 'whole.pth'
    torch.save(dict(w=torch.zeros(2**16)), whole)
    with (
        zipfile.ZipFile(whole) as source,
        zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry.filename))
    assert torch.load(path, weights_only=True)['w'].numel() == 2**16
    assert 'does not compress' in refuse(path)


@pytest.mark.parametrize('zipped', [True, False])
def test_a_bytearray(path, zipped):
    class Bytes:
        def __reduce__(self):
            return bytearray, (4 * GIB,)

    torch.save(dict(w=Bytes()), path, _use_new_zipfile_serialization=zipped)
    assert 'bytearray' in refuse(path)


def test_an_expanded_tensor(path):
    torch.save(dict(state_dict=dict(w=torch.zeros(1).expand(GIB, 1000))), path)
    assert f'shape ({GIB}, 1000)' in refuse(path)


@pytest.mark.parametrize('zipped', [True, False])
def test_what_torch_saves_passes(path, zipped):
    shared = torch.arange(6.0)
    saved = dict(a=shared, b=[shared[2:], dict(c=shared.view(2, 3))], d=np.ones(3))
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    loaded = load_from_local(path)
    assert torch.equal(loaded['b'][1]['c'], shared.view(2, 3))
    path.write_bytes(b'')
    check_file(path)


def test_containers_that_hold_themselves(path):
    path.write_bytes(bytes(8))
    node = [np.zeros(1)]
    node.append(dict(node=node, others=({'a': torch.zeros(1)},)))
    assert len(list(arrays_in(node))) == 2
    check_arrays(node, path)
    node.append(torch.zeros(3))
    with pytest.raises(InputError, match='larger than the file'):
        check_arrays(node, path)
