"""Trained networks by name, by path and by address, from Python and the shell."""

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from safetensors import safe_open

import mmseg_hrvit
from endings import exit_status
from export_data import build_small, small_config
from file_server import serve_folder
from hrvit_cli import Verb
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.apis.origin import describe_model
from mmseg_hrvit.apis.pretrained import find_model
from mmseg_hrvit.datasets.scenes import draw_dataset
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.zoo import read_index

NAME = 'hrvit_quickstart'


@pytest.fixture(scope='module')
def streets(tmp_path_factory):
    """Drawn streets, and what is in them; the seed is none of the quickstart's."""
    folder = tmp_path_factory.mktemp('streets')
    draw_dataset(folder, 0, 4, 128, 192, seed=7)
    return folder


@pytest.fixture
def street(streets):
    return min((streets / 'images/validation').iterdir())


def run(verb, *args):
    return exit_status(Verb(verb), *args)


def test_the_name_gives_a_network_that_sees_streets(streets):
    segmenter = Segmenter.from_pretrained(NAME, device='cpu')
    images = sorted((streets / 'images/validation').iterdir())
    right = count = 0
    for image, result in zip(images, segmenter(images), strict=True):
        labels = streets / f'annotations/validation/{image.stem}.png'
        truth = mmseg_hrvit.apis.inputs.read_image(labels)[..., 0].astype(int) - 1
        right += (result.labels == truth)[truth >= 0].sum()
        count += (truth >= 0).sum()
    assert right / count > 0.85
    assert 'road' in segmenter.metadata.classes


@pytest.mark.parametrize('where', ['path', 'url'])
def test_a_published_file_from_elsewhere(street, tmp_path, monkeypatch, where):
    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path / 'hub'))
    expected = Segmenter.from_pretrained(NAME)(street).labels
    path = read_index()[NAME].path
    with serve_folder(path.parent) as url:
        source = path if where == 'path' else f'{url}/{path.name}'
        assert np.array_equal(
            Segmenter.from_pretrained(source)(street).labels, expected
        )


def test_a_file_that_names_no_config_needs_one(street, tmp_path):
    network, _ = build_small('hrvit_b1_camvid')
    path = tmp_path / 'net.pth'
    torch.save(dict(state_dict=network.state_dict()), path)
    with pytest.raises(InputError, match='give the config too'):
        Segmenter.from_pretrained(path)
    segmenter = Segmenter.from_pretrained(path, small_config('hrvit_b1_camvid'))
    assert segmenter(street).labels.shape == (128, 192)


def test_its_backbone_starts_another_network():
    cfg = Config.fromfile(mmseg_hrvit.config(NAME))
    cfg.model.pretrained = NAME
    cfg.model.decode_head.num_classes = 4
    network = MODELS.build(cfg.model)
    network.init_weights()
    with safe_open(read_index()[NAME].path, 'pt') as file:
        weights = network.backbone.state_dict()
        for name in list(weights)[:9]:
            found = file.get_tensor(f'backbone.{name}')
            assert torch.equal(weights[name], found.to(weights[name].dtype))


def test_demo_takes_the_name(street, tmp_path, capsys):
    out = tmp_path / 'out'
    assert run('demo', street, NAME, '--out', out) == 0
    assert (out / f'overlays/{street.stem}.jpg').is_file()
    assert '1 image: ' in capsys.readouterr().out


@pytest.mark.full
def test_export_takes_the_name(street, tmp_path):
    file = tmp_path / 'net.pt2'
    Verb('export').main(
        [NAME, '--to', 'torchexport', '--out', str(file), '--size', '128', '192']
    )
    expected = Segmenter.from_pretrained(NAME)(street).labels
    found = Segmenter.from_file(file)(street).labels
    assert (found == expected).mean() > 0.99


def test_mistakes_are_one_line(street, tmp_path, capsys):
    for model, said in (
        (['hrvit_quikstart'], 'the nearest are hrvit_quickstart'),
        (['hrvit_b1_camvid'], 'it is a config without weights in the package'),
        (['net.pth'], 'net.pth: there is no such checkpoint; check the path'),
    ):
        assert run('demo', street, *model, '--out', tmp_path / 'out') == 2
        assert run('export', *model, '--to', 'onnx') == 2
        lines = capsys.readouterr().err.splitlines()
        assert len([line for line in lines if line.startswith('error: ')]) == 2
        assert said in lines[-1]


def test_what_a_command_line_names(tmp_path):
    path = str(read_index()[NAME].path)
    assert find_model([NAME]) == (NAME, path)
    assert find_model(['b1.onnx']) == ('b1.onnx',)
    assert find_model(['a.py', 'b.pth']) == ('a.py', 'b.pth')
    assert describe_model([NAME]) == describe_model([NAME, path])
