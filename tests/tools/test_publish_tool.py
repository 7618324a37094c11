"""The command line of tools/publish.py."""

import pytest
import torch

from data import load_tool
from endings import error_line
from export_data import build_small, small_config

tool = load_tool('publish')
CONFIG = 'hrvit_b1_camvid'


@pytest.fixture
def checkpoint(tmp_path):
    network, _ = build_small(CONFIG)
    path = tmp_path / 'iter_8.pth'
    torch.save(dict(state_dict=network.state_dict(), optimizer=[torch.ones(9)]), path)
    return path


def names(folder):
    return sorted(path.stem.split('-')[0] + path.suffix for path in folder.iterdir())


def test_files_lie_beside_the_checkpoint(checkpoint, capsys):
    tool.main([str(checkpoint)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[-1].startswith(f'from {checkpoint}: ')
    folder = checkpoint.parent
    assert names(folder) == ['iter_8.pth', 'iter_8.pth', 'iter_8.safetensors']


def test_the_config_names_them_and_is_checked(checkpoint, tmp_path):
    config = tmp_path / 'streets.py'
    small_config(CONFIG).dump(config)
    out = tmp_path / 'new/folder'
    tool.main([str(checkpoint), '--config', str(config), '--out', str(out)])
    assert names(out) == ['streets.pth', 'streets.safetensors']
    tool.main([str(checkpoint), '--name', 'b1', '--out', str(tmp_path / 'named')])
    assert names(tmp_path / 'named') == ['b1.pth', 'b1.safetensors']


def test_a_mistake_is_one_line(checkpoint, tmp_path, capsys):
    options = '--config', CONFIG, '--out', tmp_path / 'new'
    line = error_line(capsys, tool, checkpoint, *options)
    assert line.startswith(f'error: {checkpoint} does not fit the config: ')
    assert not (tmp_path / 'new').exists()
