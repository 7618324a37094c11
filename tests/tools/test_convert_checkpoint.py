import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.runner import CheckpointLoader

from checkpoints.bomb import write_bomb
from data import load_tool
from endings import error_line
from mmseg_hrvit import HRViT
from reference import authors_name

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'convert_checkpoint.py'


@pytest.fixture(scope='module')
def authors(tmp_path_factory):
    """A backbone's checkpoint with the authors' names and one that nobody knows."""
    weights = HRViT('b1').state_dict()
    weights = {authors_name(name): value for name, value in weights.items()}
    path = tmp_path_factory.mktemp('authors') / 'b1.pth'
    torch.save(dict(state_dict={**weights, 'features.9.extra.w': torch.ones(1)}), path)
    return path


def run(*arguments):
    load_tool('convert_checkpoint').main([*map(str, arguments)])


def fail(capsys, *arguments):
    """The line that the tool ends with."""
    return error_line(capsys, load_tool('convert_checkpoint'), *arguments)


@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
def test_says_what_it_did(authors, tmp_path, capsys, suffix):
    dst = tmp_path / f'converted.{suffix}'
    run(authors, dst)
    out = capsys.readouterr().out
    weights = HRViT('b1').state_dict()
    assert f'HRViT-b1, backbone, {len(weights)} tensors' in out
    assert 'not converted: features.9.extra.w' in out
    converted = CheckpointLoader.load_checkpoint(str(dst), 'cpu')
    assert converted['state_dict'].keys() == weights.keys()
    assert converted['meta'] == dict(arch='b1', des_act='GELU')


def test_a_classifier_is_asked_for(authors, tmp_path, capsys):
    dst = tmp_path / 'converted.pth'
    assert 'holds no classifier' in fail(capsys, authors, dst, '--classifier')
    assert not dst.exists()


def test_the_source_is_not_overwritten(authors, capsys):
    before = authors.read_bytes()
    assert 'source itself' in fail(capsys, authors, authors)
    assert authors.read_bytes() == before


def test_no_code_is_run(tmp_path, capsys):
    path, trace = write_bomb(tmp_path)
    assert 'system' in fail(capsys, path, tmp_path / 'converted.pth')
    assert not trace.exists()


def test_ends_with_one_line_and_an_exit_code(tmp_path):
    ended = subprocess.run(
        [sys.executable, TOOL, tmp_path / 'missing.pth', tmp_path / 'converted.pth'],
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert 'Traceback' not in ended.stderr
    assert ended.stderr.splitlines()[-1] == (
        f'error: {tmp_path / "missing.pth"}: there is no such checkpoint; check the '
        'path'
    )
