"""The command line of tools/dataset/check.py."""

import json

import pytest
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from data import load_tool, make_camvid


@pytest.fixture
def config(tmp_path):
    root = make_camvid(tmp_path / 'data')
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.data_root = str(root)
    cfg.dump(tmp_path / 'own.py')
    return tmp_path / 'own.py'


def run(*args):
    with pytest.raises(SystemExit) as exit:
        load_tool('dataset/check').main([*map(str, args), '--workers', '1'])
    return exit.value.code


def test_a_clean_data_set_is_counted(config, tmp_path, capsys):
    out = tmp_path / 'report'
    assert run(config, '--out', out) == 0
    text = capsys.readouterr().out
    assert text.count('2 images, 0 errors, 0 warnings') == 2
    assert 'train:\n' in text and 'val:\n' in text
    report = json.loads((out / 'report.json').read_text())
    assert [part['samples'] for part in report.values()] == [2, 2]
    assert sum(c['share'] for c in report['val']['classes'].values()) == (
        pytest.approx(1)
    )
    for split in ('train', 'val'):
        assert Image.open(out / f'{split}.png').size[0] > 1000


def test_faults_are_named(config, tmp_path, capsys):
    path = tmp_path / 'data/annotations/val/0001TP_000000.png'
    path.unlink()
    assert run(config) == 1
    assert f'label map {path} is missing' in capsys.readouterr().out
    assert run(config, '--split', 'train') == 0


def test_what_cannot_be_done_is_one_line(config, tmp_path, capsys):
    assert run(tmp_path / 'no.py') == 2
    (tmp_path / 'data/images').rename(tmp_path / 'data/pictures')
    assert run(config) == 2
    assert 'no folder' in capsys.readouterr().err
