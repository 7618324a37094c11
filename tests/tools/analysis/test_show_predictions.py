import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from PIL import Image

from data import load_tool, write_tiny_config
from endings import error_line

tool = load_tool('analysis/show_predictions')


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    return write_tiny_config(tmp_path_factory.mktemp('show_predictions'))


def test_it_draws_a_row_an_image(config, tmp_path):
    init_default_scope('mmseg')
    weights = MODELS.build(Config.fromfile(config).model).state_dict()
    torch.save(dict(state_dict=weights), tmp_path / 'network.pth')
    heights = []
    for count in '12':
        out = tmp_path / f'{count}.png'
        tool.main([str(config), str(tmp_path / 'network.pth'), '--out', str(out),
                   '--count', count])  # fmt: skip
        heights.append(Image.open(out).height)
    assert heights[1] > heights[0] + 200


def test_mistakes_are_one_line(config, tmp_path, capsys):
    error_line(capsys, tool, config, tmp_path / 'none.pth')
    line = error_line(capsys, tool, 'rasters/hrvit_b1_mosaic', tmp_path / 'none.pth')
    assert 'the test set reads crops of rasters' in line
