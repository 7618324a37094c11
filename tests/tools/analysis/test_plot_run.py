import json

from PIL import Image

from data import load_tool
from endings import error_line

tool = load_tool('analysis/plot_run')


def test_the_curve_lies_beside_the_run(tmp_path, capsys):
    log = tmp_path / '20250101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps(dict(loss=1.0, step=1)) + '\n')
    tool.main([str(tmp_path)])
    assert Image.open(tmp_path / 'curve.png').width > 500
    tool.main([str(tmp_path), '--out', str(tmp_path / 'other.svg')])
    assert (tmp_path / 'other.svg').read_text().startswith('<?xml')
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / 'other.svg')


def test_a_mistake_is_one_line(tmp_path, capsys):
    error_line(capsys, tool, tmp_path)
