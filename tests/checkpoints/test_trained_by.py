"""The shipped config that a file names."""

from functools import partial

import pytest
import torch
from mmengine.config import Config

import mmseg_hrvit
from endings import refusal
from export_data import build_small, small_config
from mmseg_hrvit.checkpoints.publish import publish_file
from mmseg_hrvit.checkpoints.trained_by import find_config_name

CONFIG = 'hrvit_b1_camvid'


@pytest.fixture
def checkpoint(tmp_path):
    network, _ = build_small(CONFIG)
    torch.save(dict(state_dict=network.state_dict()), tmp_path / 'iter_1.pth')
    return tmp_path / 'iter_1.pth'


refuse = partial(refusal, find_config_name)


def test_a_published_file_names_its_shipped_config(checkpoint, tmp_path):
    for path in publish_file(checkpoint, tmp_path, 'net', small_config(CONFIG)):
        assert find_config_name(path) == CONFIG


def test_a_config_of_ones_own_is_not_named(checkpoint, tmp_path):
    small_config(CONFIG).dump(tmp_path / 'own.py')
    own = Config.fromfile(tmp_path / 'own.py')
    for path in publish_file(checkpoint, tmp_path, 'net', own):
        assert 'give the config too' in refuse(path)
    assert 'does not say' in refuse(checkpoint)


@pytest.mark.parametrize('name', ['../../trap', '/tmp/trap', 'hrvit_b9', 3, ['a']])
def test_only_a_shipped_config_may_be_named(tmp_path, name):
    saved = dict(state_dict={'w': torch.ones(1)}, meta=dict(config_name=name))
    torch.save(saved, tmp_path / 'net.pth')
    assert 'give the config too' in refuse(tmp_path / 'net.pth')


def test_every_shipped_config_has_its_name():
    for name in mmseg_hrvit.configs.config_names()[::9]:
        path = mmseg_hrvit.config(name)
        assert mmseg_hrvit.configs.shipped_name(path) == name
