import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from PIL import Image

from data import write_tiny_config
from mmseg_hrvit.analysis.pictures import draw_sheet, predict

METAINFO = dict(classes=('wall', 'lawn', 'pond'), palette=[[250, 0, 0], [0, 250, 0],
                                                          [0, 0, 250]])  # fmt: skip


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    return Config.fromfile(write_tiny_config(tmp_path_factory.mktemp('pictures')))


@pytest.fixture
def checkpoint(config, tmp_path):
    """One of a network that says class 7 everywhere."""
    init_default_scope('mmseg')
    weights = MODELS.build(config.model).state_dict()
    weights['decode_head.conv_seg.weight'].zero_()
    weights['decode_head.conv_seg.bias'].copy_(torch.eye(150)[7])
    path = tmp_path / 'network.pth'
    torch.save(dict(state_dict=weights), path)
    return path


def test_predictions_are_the_checkpoints_in_the_truths_size(config, checkpoint):
    triples, metainfo = predict(config, checkpoint, count=5)
    assert len(triples) == 2  # all that the test set has
    assert len(metainfo['classes']) == 150
    for image, truth, prediction in triples:
        assert image.shape == (96, 128, 3)
        assert truth.shape == prediction.shape == (96, 128)
        assert len(np.unique(truth)) > 5
        assert (prediction == 7).all()


def test_the_image_is_the_files_in_rgb(config, checkpoint):
    (image, *_), *_ = predict(config, checkpoint, count=1)[0]
    prefix = config.test_dataloader.dataset.data_prefix.img_path
    path = f'{config.data_root}/{prefix}/ADE_val_00000001.jpg'
    drawn = np.asarray(Image.open(path), float)
    assert np.abs(drawn - image).mean() < 2  # decoders of JPEG differ a little


def test_images_are_spread_over_the_set(config, checkpoint):
    first, last = (predict(config, checkpoint, count=2)[0][i][0] for i in (0, 1))
    assert not np.array_equal(first, last)


def test_the_sheet_has_the_palettes_colours_and_a_legend_of_what_is_seen(tmp_path):
    image = np.full((20, 30, 3), (90, 90, 10), np.uint8)
    truth = np.zeros((20, 30), np.uint8)
    truth[:10] = 255
    draw_sheet([(image, truth, truth * 0 + 1)], METAINFO, tmp_path / 'new/sheet.png')
    sheet = Image.open(tmp_path / 'new/sheet.png').convert('RGB')
    shares = {colour: n / sheet.width / sheet.height
              for n, colour in sheet.getcolors(10**6)}  # fmt: skip
    panels = [shares[colour] for colour in ((90, 90, 10), (250, 0, 0), (0, 250, 0))]
    assert panels[0] > 0.15
    assert panels[1] == pytest.approx(panels[0] / 2, rel=0.2)
    assert panels[2] == pytest.approx(panels[0], rel=0.2)
    assert (0, 0, 250) not in shares
