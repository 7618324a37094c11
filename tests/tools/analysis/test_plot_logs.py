import json

import pytest
from PIL import Image

from data import load_tool
from endings import error_line

tool = load_tool('analysis/plot_logs')


@pytest.fixture
def run(tmp_path):
    log = tmp_path / 'run/20250101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    records = [dict(loss=1.0, lr=0.1, step=1), dict(mIoU=50.0, step=1)]
    log.write_text('\n'.join(map(json.dumps, records)))
    return str(tmp_path / 'run')


def test_the_picture_lies_where_it_is_asked_for(run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tool.main([run, run])
    assert Image.open('logs.png').width > 1000
    tool.main([run, '--keys', 'lr', '--out', 'new/lr.svg'])
    assert (tmp_path / 'new/lr.svg').read_text().startswith('<?xml')
    assert capsys.readouterr().out.splitlines() == ['logs.png', 'new/lr.svg']


def test_mistakes_are_one_line(run, tmp_path, capsys):
    for args in ([str(tmp_path)], [run, '--keys', 'IoU']):
        error_line(capsys, tool, *args)
