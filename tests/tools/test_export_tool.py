"""The command line of tools/export.py."""

import pytest

from data import draw_pair, load_tool
from export_data import save_small
from mmseg_hrvit.export import load_engine

CONFIG = 'hrvit_b1_camvid'


@pytest.fixture
def model(tmp_path):
    """Config and checkpoint of a small network."""
    return save_small(CONFIG, tmp_path, branches=2)


def test_writes_tries_and_compares_labels(model, tmp_path, capsys):
    for i in range(2):
        draw_pair(tmp_path / f'images/{i}.jpg', tmp_path / 'x.png', [0], i, (40, 56))
    out = tmp_path / 'net.pt2'
    args = ['--to', 'torchexport', '--out', out, '--size', 40, 56]
    args += ['--images', tmp_path / 'images', '--output', 'resized', '--normalized']
    load_tool('export').main([str(arg) for arg in (*model, *args)])
    printed = capsys.readouterr().out
    assert 'net.pt2: written and tested in' in printed
    assert 'same label as in torch: 100.00 % of 2 images' in printed
    metadata = load_engine(out).metadata
    assert (metadata.size, metadata.output) == ([40, 56], 'resized')
    assert metadata.normalized


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['--precision', 'int8'], '--precision int8 needs --images'),
        (['--size', '0', '5'], 'give a positive one'),
        (['--images', 'nothing/*.jpg'], 'no image there'),
    ],
)
def test_mistakes_are_one_line(model, args, message, capsys):
    with pytest.raises(SystemExit) as exit:
        load_tool('export').main([*model, '--to', 'torchexport', *args])
    assert exit.value.code == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith('error: ')
    assert message in line
