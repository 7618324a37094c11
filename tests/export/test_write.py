"""Files of engines are the network, at every size."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

import mmseg_hrvit
from export_data import SMALL_ARCH, build_small, small_config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import (
    FORMATS,
    InferenceGraph,
    load_engine,
    read_metadata,
    write_network,
)
from mmseg_hrvit.export.metadata import fix_size
from mmseg_hrvit.export.verify import (
    TOLERANCE,
    label_agreement,
    largest_difference,
    random_batches,
)
from reference import fill

ENGINES = dict(onnx='onnxruntime', openvino='openvino', torchexport='torch')
SEGFORMER, UPERNET = 'hrvit_b1_ade20k', 'hrvit_b1_upernet_ade20k'


def build_true(name):
    """A config's network with weights for tests, and its metadata."""
    cfg = Config.fromfile(mmseg_hrvit.config(name))
    return fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)


def need(to):
    """Skips the test where the format's packages are not installed."""
    for package in {ENGINES[to], *FORMATS[to].to_write}:
        pytest.importorskip(package, reason=f'{package} is not installed')


def sources(path, kind):
    """The kinds of nodes before those of a kind, in a file of OpenVINO."""
    import openvino as ov

    nodes = ov.Core().read_model(path).get_ops()
    return {
        node.input_value(0).get_node().get_type_name()
        for node in nodes
        if node.get_type_name() == kind
    }


@pytest.mark.parametrize(
    ('to', 'name'),
    [
        ('onnx', SEGFORMER),
        ('openvino', SEGFORMER),
        ('openvino', UPERNET),
        pytest.param('torchexport', SEGFORMER, marks=pytest.mark.full),
    ],
)
def test_any_size(to, name, tmp_path, monkeypatch):
    need(to)
    if to == 'openvino':  # its own way to read our networks would take minutes
        monkeypatch.delattr('torch.export.ExportedProgram.run_decompositions')
    network, metadata = build_small(name)
    path = tmp_path / f'net{FORMATS[to].suffix}'
    trial = write_network(network, path, metadata, to)
    assert trial.difference <= TOLERANCE
    assert trial.agreement is None
    engine = load_engine(path, threads=1)
    assert engine.metadata == metadata
    graph = InferenceGraph(network)
    rng = np.random.default_rng(1)
    for shape in ((1, 3, 90, 47), (3, 3, 225, 35)):
        x = rng.standard_normal(shape, np.float32)
        assert engine.run(x).shape[:2] == (len(x), len(metadata.classes))
        assert largest_difference(engine, graph, [x]) < TOLERANCE


@pytest.mark.parametrize(('output', 'size'), [('logits', None), ('labels', (64, 100))])
@pytest.mark.parametrize('to', ['onnx', 'openvino'])
def test_tensors_have_stable_names(to, output, size, tmp_path):
    need(to)
    network, metadata = build_small(SEGFORMER)
    metadata = replace(metadata, output=output, size=size)
    path = tmp_path / f'net{FORMATS[to].suffix}'
    write_network(network, path, metadata, to)
    name = 'labels' if output == 'labels' else 'logits'
    images = np.zeros((2, 3, *(size or (40, 72))), np.float32)
    if to == 'onnx':
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        (found,) = session.run([name], {'image': images})
        sides = ['height', 'width'] if size is None else [*size]
        assert session.get_inputs()[0].shape == ['batch', 3, *sides]
    else:
        import openvino as ov

        found = ov.Core().compile_model(path, 'CPU')({'image': images})[name]
    assert found.shape[0] == 2
    assert np.array_equal(found, load_engine(path).run(images))


@pytest.mark.parametrize('to', ['onnx', 'openvino'])
def test_a_fixed_size_with_all_inside(to, tmp_path, monkeypatch):
    need(to)
    if to == 'openvino':
        monkeypatch.delattr('torch.export.ExportedProgram.run_decompositions')
    network, metadata = build_small(SEGFORMER)
    metadata = replace(metadata, output='labels', normalized=False)
    metadata = fix_size(metadata, (64, 100))
    path = tmp_path / 'deep' / f'net{FORMATS[to].suffix}'
    trial = write_network(network, path, metadata, to)
    assert trial.difference <= TOLERANCE
    (x,) = random_batches((64, 100), 3, normalized=False)[:1]
    assert load_engine(path).run(x).shape == (1, 64, 100)


def test_a_single_head_in_a_short_window(tmp_path):
    ov = pytest.importorskip('openvino', reason='openvino is not installed')
    from mmseg_hrvit.export.formats.openvino import compile_model

    cfg = small_config(SEGFORMER)
    # Of 72 x 100 pixels branch 1 has 9 x 13, in windows of 2.
    cfg.model.backbone.arch = dict(SMALL_ARCH, head_dims=(8, 16, 8, 8))
    network, metadata = fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)
    path, fixed = tmp_path / 'net.xml', fix_size(metadata, (72, 100))
    assert write_network(network, path, fixed, 'openvino').difference <= TOLERANCE
    assert write_network(network, path, metadata, 'openvino').difference <= TOLERANCE
    # A file for any size, planned for one by its user.
    (x, _) = random_batches((72, 100), 3, normalized=True)
    run = compile_model(ov.Core().read_model(path), shape=x.shape)
    planned = replace(load_engine(path), run=run)
    assert largest_difference(planned, InferenceGraph(network), [x]) < TOLERANCE


@pytest.mark.parametrize(('to', 'precision'), [('onnx', 'fp16'), ('openvino', 'fp16')])
def test_half_precision_keeps_labels(to, precision, tmp_path):
    need(to)
    network, metadata = build_small(SEGFORMER)
    metadata = fix_size(replace(metadata, precision=precision), (64, 64))
    path = tmp_path / f'net{FORMATS[to].suffix}'
    images = random_batches((64, 64), 3, normalized=True)
    trial = write_network(network, path, metadata, to, images)
    assert trial.agreement > 0.8  # random weights, 150 classes
    assert trial.difference > 0


@pytest.mark.full
def test_int8_is_quantised(tmp_path):
    need('openvino')
    pytest.importorskip('nncf')
    network, metadata = build_small(SEGFORMER)
    metadata = fix_size(replace(metadata, precision='int8'), (64, 64))
    path = tmp_path / 'net.xml'
    images = random_batches((64, 64), 3, normalized=True)
    trial = write_network(network, path, metadata, 'openvino', images)
    assert trial.agreement > 0.5
    assert 'FakeQuantize' in sources(path, 'Convolution')
    assert sources(path, 'MatMul') >= {'Softmax'}  # attention stays in float
    assert 'FakeQuantize' not in sources(path, 'MatMul')
    with pytest.raises(InputError, match='int8 is calibrated on images'):
        write_network(network, path, metadata, 'openvino')
    with pytest.raises(InputError, match='only at a fixed size'):
        write_network(network, path, replace(metadata, size=None), 'openvino', images)


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


@pytest.mark.full
@pytest.mark.parametrize('to', ['onnx', 'openvino'])
@pytest.mark.parametrize('head', ['', '_upernet'])
@pytest.mark.parametrize('arch', ['b1', 'b2', 'b3'])
def test_true_networks(arch, head, to, tmp_path):
    need(to)
    network, metadata = build_true(f'hrvit_{arch}{head}_ade20k')
    path = tmp_path / f'net{FORMATS[to].suffix}'
    assert write_network(network, path, metadata, to).difference <= TOLERANCE
