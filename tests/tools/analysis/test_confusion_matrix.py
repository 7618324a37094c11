import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from data import load_tool, make_camvid, shrink
from endings import error_line

tool = load_tool('analysis/confusion_matrix')


@pytest.fixture
def config(tmp_path):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    shrink(cfg, make_camvid(tmp_path / 'data')).dump(tmp_path / 'config.py')
    return str(tmp_path / 'config.py')


def test_picture_and_table_lie_side_by_side(config, tmp_path, capsys):
    maps = tmp_path / 'maps'
    maps.mkdir()
    for path in (tmp_path / 'data/annotations/val').iterdir():
        truth = np.asarray(Image.open(path))
        Image.fromarray(np.where(truth == 255, 0, truth)).save(maps / path.name)
    out = tmp_path / 'new/matrix.png'
    tool.main([config, str(maps), '--out', str(out)])
    assert capsys.readouterr().out.splitlines() == [str(out), str(out)[:-3] + 'csv']
    first = out.with_suffix('.csv').read_text().splitlines()[1].split(',')
    assert float(first[2]) == 1  # all of it is right
    assert Image.open(out).width > 500


def test_a_mistake_is_one_line(config, tmp_path, capsys):
    error_line(capsys, tool, config, tmp_path / 'none')
