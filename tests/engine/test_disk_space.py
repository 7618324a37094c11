from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmseg_hrvit.engine import disk_space
from mmseg_hrvit.errors import InputError


@pytest.fixture
def free(monkeypatch):
    """100 bytes are free, and the folder that was asked about is told."""
    asked = []

    def disk_usage(folder):
        asked.append(folder)
        return SimpleNamespace(free=100)

    monkeypatch.setattr(disk_space.shutil, 'disk_usage', disk_usage)
    return asked


def test_sizes_are_those_of_saved_files(tmp_path):
    model = nn.Sequential(nn.Linear(300, 200), nn.BatchNorm1d(200), nn.Linear(200, 9))
    model[2].requires_grad_(False)
    model(torch.rand(4, 300)).sum().backward()
    optimizer = torch.optim.AdamW(p for p in model.parameters() if p.requires_grad)
    optimizer.step()
    weights, both = tmp_path / 'weights.pth', tmp_path / 'both.pth'
    torch.save(model.state_dict(), weights)
    torch.save((model.state_dict(), optimizer.state_dict()), both)
    overhead = 10_000  # names and the archive
    for expected, path in (
        (disk_space.weights_bytes(model), weights),
        (disk_space.checkpoint_bytes(model), both),
    ):
        assert expected <= path.stat().st_size <= expected + overhead


def test_enough_room(tmp_path, free):
    disk_space.check_space(tmp_path / 'not/there/yet', 100)
    assert free == [tmp_path]


def test_too_little_room_is_told(tmp_path, free):
    with pytest.raises(InputError, match=r'0\.00 GiB free, .* need about 2\.00 GiB'):
        disk_space.check_space(tmp_path, 2 * disk_space.GIB)
