"""The command line of tools/dataset/browse.py."""

import pytest
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from data import load_tool, make_camvid, shrink

tool = load_tool('dataset/browse')


@pytest.fixture
def config(tmp_path):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    shrink(cfg, make_camvid(tmp_path / 'data', num_images=3)).dump(tmp_path / 'own.py')
    return str(tmp_path / 'own.py')


def test_a_sheet_and_every_sample_are_drawn(config, tmp_path, capsys):
    out = tmp_path / 'out'
    tool.main([config, '--number', '2', '--out', str(out)])
    assert capsys.readouterr().out == f'2 samples: {out}/sheet.jpg\n'
    sizes = {path.name: Image.open(path).size for path in out.iterdir()}
    assert sorted(sizes) == ['000.jpg', '001.jpg', 'sheet.jpg']
    assert sizes['sheet.jpg'][0] > sizes['000.jpg'][0] + sizes['001.jpg'][0]


def test_a_mistake_is_one_line(config, tmp_path, capsys):
    for path in tmp_path.glob('data/images/train/*'):
        path.write_bytes(b'no image')
    with pytest.raises(SystemExit) as exit:
        tool.main([config, '--out', str(tmp_path / 'out')])
    assert exit.value.code == 2
    assert 'cannot be read' in capsys.readouterr().err
