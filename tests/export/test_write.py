"""Writing is safe: a file is compared with its network before it is there."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

import mmseg_hrvit
from export_data import SEGFORMER, build_small, need, small_config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import FORMATS, read_metadata, write_network
from mmseg_hrvit.export.metadata import fix_size
from mmseg_hrvit.export.verify import TOLERANCE, label_agreement
from reference import fill


@pytest.mark.parametrize('to', ['torchexport', 'openvino'])
def test_a_file_that_differs_is_not_kept(to, tmp_path, monkeypatch):
    from mmseg_hrvit.export import write

    need(to)
    network, metadata = build_small(SEGFORMER, branches=2)
    real = write.load_engine

    def wrong(path):
        engine = real(path)
        return replace(engine, run=lambda x: engine.run(x) * 1.001)

    monkeypatch.setattr(write, 'load_engine', wrong)
    path = tmp_path / f'net{FORMATS[to].suffix}'
    metadata = fix_size(metadata, (64, 64))
    path.write_text('an older file')
    with pytest.raises(InputError, match=r'differ from the network by 1\.0e-03'):
        write_network(network, path, metadata, to)
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text() == 'an older file'


def test_the_file_is_compared_with_the_segmentor_itself(tmp_path, monkeypatch):
    from mmseg_hrvit.export import graph

    def wrong(segmentor, purpose):
        network = mmseg_hrvit.convert(segmentor, purpose)
        torch.nn.init.zeros_(network.decode_head.classify.weight)
        return network

    monkeypatch.setattr(graph, 'convert', wrong)
    network, metadata = build_small(SEGFORMER, branches=2)
    metadata = fix_size(metadata, (64, 64))
    with pytest.raises(InputError, match='would differ from the network'):
        write_network(network, tmp_path / 'net.pt2', metadata, 'torchexport')


@pytest.mark.parametrize('norm_cfg', [dict(type='GN', num_groups=4), None])
def test_heads_of_other_norms(norm_cfg, tmp_path):
    cfg = small_config(SEGFORMER, branches=2)
    cfg.model.decode_head.norm_cfg = norm_cfg
    network, metadata = fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)
    metadata = fix_size(metadata, (64, 64))
    trial = write_network(network, tmp_path / 'net.pt2', metadata, 'torchexport')
    assert trial.difference <= TOLERANCE


@pytest.mark.parametrize('place', ['file', 'network'])
def test_outputs_that_are_no_numbers_are_refused(place, tmp_path, monkeypatch):
    from mmseg_hrvit.export import write

    network, metadata = build_small(SEGFORMER, branches=2)
    metadata = fix_size(metadata, (64, 64))
    if place == 'network':
        torch.nn.init.constant_(network.backbone.stem.conv1.weight, float('nan'))
    else:
        real = write.load_engine

        def wrong(path):
            engine = real(path)
            return replace(engine, run=lambda x: engine.run(x) * np.nan)

        monkeypatch.setattr(write, 'load_engine', wrong)
    with pytest.raises(InputError, match='is not finite: nothing was written'):
        write_network(network, tmp_path / 'net.pt2', metadata, 'torchexport')
    assert not [*tmp_path.iterdir()]


def test_labels_are_compared_pixel_by_pixel():
    class Fake:
        def run(self, x):
            return x

    shifted = Fake()
    shifted.run = lambda x: np.roll(x, 1, axis=1)
    x = np.random.default_rng(0).standard_normal((1, 3, 4, 5), np.float32)
    graph = torch.nn.Identity()
    assert label_agreement(Fake(), graph, [x]) == 1
    assert label_agreement(shifted, graph, [x]) == 0
