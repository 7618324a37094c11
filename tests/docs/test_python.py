"""README.md and docs/: the Python examples that no followed page contains."""

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import save_checkpoint
from PIL import Image

from data import load_tool
from mmseg_hrvit.analysis.forms import build_network
from mmseg_hrvit.configs import config
from pages import PAGES, read_blocks
from paths import ROOT

DERIVED = [
    pytest.param(block, id=f'{page.stem}-{i}')
    for page in PAGES
    for i, (_, block) in enumerate(read_blocks(page, 'python'))
    if block.startswith('_base_')
]


def find_example(page, word):
    """The only Python example of a page with this word in it."""
    blocks = read_blocks(ROOT / page, 'python')
    (block,) = (block for _, block in blocks if word in block)
    return block


@pytest.mark.parametrize('block', DERIVED)
def test_a_derived_config_builds(block, tmp_path, monkeypatch):
    (tmp_path / 'my_project.py').touch()
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / 'derived.py'
    path.write_text(block)
    build_network(Config.fromfile(path))


@pytest.mark.parametrize('page', ['README.md', 'docs/weights.md'])
def test_a_network_by_name(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    load_tool('dataset/draw_scenes').main(['streets', '--train', '0', '--val', '1'])
    exec(find_example(page, 'from_pretrained'))
    assert (tmp_path / 'overlay.png').is_file()


def test_mmseg_runs_a_shipped_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = build_network(Config.fromfile(config('hrvit_b1_cityscapes')))
    save_checkpoint(dict(state_dict=network.state_dict(), meta={}), 'CHECKPOINT')
    Image.fromarray(np.zeros((64, 96, 3), np.uint8)).save('IMAGE', 'PNG')
    names = {}
    exec(find_example('docs/training.md', 'init_model'), names)
    assert names['labels'].shape == (64, 96)


def test_adapters():
    pytest.importorskip('peft', reason='peft is not installed')
    names = {}
    exec(find_example('docs/recipes.md', 'peft'), names)
    backbone = names['backbone']
    trained = {name for name, p in backbone.named_parameters() if p.requires_grad}
    assert trained
    assert all('lora_' in name for name in trained)
