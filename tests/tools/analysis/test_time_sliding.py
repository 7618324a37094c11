import json

import pytest

from data import load_tool
from endings import error_line
from mmseg_hrvit.analysis import sliding

tool = load_tool('analysis/time_sliding')
ARGV = ['hrvit_quickstart', '--shape', '64', '96', '--classes', '3', '5']


def test_the_table_and_the_file(tmp_path, capsys, monkeypatch):
    # Four processes would take half a minute to start.
    monkeypatch.setattr(sliding, 'apart', lambda function, *args: function(*args))
    out = tmp_path / 'sliding.json'
    options = ['model.test_cfg.window_batch_size=2']
    argv = [*ARGV, '--rounds', '1', '--warmup', '0', '--out', str(out)]
    tool.main([*argv, '--cfg-options', *options])
    assert '64 x 96' in capsys.readouterr().out
    figures = json.loads(out.read_text())
    assert figures['shape'] == [64, 96]
    loops = [(cost['loop'], cost['classes']) for cost in figures['costs']]
    assert loops == [('mmseg', 3), ('tiled', 3), ('mmseg', 5), ('tiled', 5)]


@pytest.mark.parametrize('bad', [['--rounds', '0'], ['--classes', '0']])
def test_bad_arguments_get_one_line(bad, capsys):
    line = error_line(capsys, tool, *ARGV, *bad)
    assert line == 'error: give a positive size, classes and rounds'
