"""What is handed on of a checkpoint."""

import hashlib
import json
import os

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmengine.runner import CheckpointLoader
from safetensors import safe_open

from checkpoints.bomb import write_bomb
from data import draw_pair, make_camvid
from export_data import build_small, small_config
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.checkpoints.publish import KEY, publish_file, read_meta
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.version import __version__
from reference import image
from trainings import train

CONFIG = 'hrvit_b1_camvid'
DATA = dict(classes=('road', 'sky'), palette=[[1, 2, 3], [4, 5, 6]])
SUFFIXES = ('.pth', '.safetensors')


@pytest.fixture
def network():
    return build_small(CONFIG)[0]


@pytest.fixture
def checkpoint(network, tmp_path):
    """What a training saves: half as much again for each moment of AdamW."""
    weights = network.state_dict()
    moments = [{'exp_avg': torch.rand_like(p)} for p in network.parameters()]
    meta = dict(iter=8, epoch=0, cfg='import os', dataset_meta=DATA, seed=3, time='now')
    path = tmp_path / 'iter_8.pth'
    saved = dict(state_dict=weights, optimizer=moments, message_hub={}, meta=meta)
    torch.save(saved, path)
    return path


@pytest.fixture
def published(checkpoint, tmp_path):
    return publish_file(checkpoint, tmp_path / 'new', 'b1', small_config(CONFIG))


def load(path):
    return CheckpointLoader.load_checkpoint(str(path), 'cpu', None)


def test_the_hash_in_a_name_is_the_files(published):
    assert tuple(path.suffix for path in published) == SUFFIXES
    for path in published:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.stem == f'b1-{digest[:8]}'
    folder = published[0].parent
    assert sorted(folder.iterdir()) == sorted(published)  # nothing is left aside


def test_files_are_smaller_by_what_is_left_out(published, checkpoint, network):
    moments = sum(p.nbytes for p in network.parameters())
    for path in published:
        left_out = checkpoint.stat().st_size - path.stat().st_size
        assert moments < left_out < 1.5 * moments


def test_the_same_checkpoint_makes_the_same_files(published, checkpoint, tmp_path):
    again = publish_file(checkpoint, tmp_path / 'b', 'b1', small_config(CONFIG))
    assert [path.name for path in again] == [path.name for path in published]


def test_what_the_run_noted_is_kept(published):
    pth, safetensors = published
    expected = dict(
        iter=8,
        epoch=0,
        cfg='import os',
        dataset_meta=dict(classes=['road', 'sky'], palette=[[1, 2, 3], [4, 5, 6]]),
        averaged=False,
        mmseg_hrvit_version=__version__,
        config_name=CONFIG,
    )
    loaded = load(pth)
    assert loaded.keys() == {'meta', 'state_dict'}
    assert loaded['meta'] == expected
    with safe_open(safetensors, 'pt') as file:
        assert json.loads(file.metadata()[KEY]) == expected


def test_the_activation_of_converted_weights_stays_where_loading_looks(tmp_path):
    path = tmp_path / 'converted.pth'
    meta = dict(arch='b1', des_act='GELU')
    torch.save(dict(state_dict={'w': torch.ones(2)}, meta=meta), path)
    for file in publish_file(path, tmp_path, 'new'):
        assert load(file)['meta']['des_act'] == 'GELU'
        assert load(file)['meta']['arch'] == 'b1'


@pytest.mark.parametrize('index', [0, 1], ids=SUFFIXES)
def test_outputs_are_bit_for_bit_those_of_the_checkpoint(
    published, checkpoint, network, tmp_path, index
):
    file = str(published[index])
    cfg = small_config(CONFIG)
    # The whole network, as mmengine initialises it.
    cfg.model.init_cfg = dict(type='Pretrained', checkpoint=file)
    whole = MODELS.build(cfg.model).eval()
    whole.init_weights()
    x = image(1, 3, 64, 96).float()
    assert torch.equal(whole(x), network(x))
    # Its backbone alone.
    cfg = small_config(CONFIG)
    cfg.model.pretrained = file
    net = MODELS.build(cfg.model).eval()
    net.init_weights()
    for ours, theirs in zip(net.backbone(x), network.backbone(x), strict=True):
        assert torch.equal(ours, theirs)
    # From images to labels.
    picture = next((make_camvid(tmp_path) / 'images/val').iterdir())
    first, second = (
        Segmenter.from_checkpoint(small_config(CONFIG), path)([picture], True)[0]
        for path in (checkpoint, file)
    )
    assert (first.labels == second.labels).all()
    assert (first.probabilities == second.probabilities).all()


def test_averaged_weights_of_a_run_are_chosen(tmp_path):
    runner = train(tmp_path, hooks=[dict(type='EMAHook', momentum=0.5)])
    hook = next(hook for hook in runner.hooks if hasattr(hook, 'ema_model'))
    averaged = hook.ema_model.module.state_dict()
    assert not torch.equal(averaged['layer.weight'], runner.model.layer.weight)
    for path in publish_file(tmp_path / 'iter_4.pth', tmp_path, 'net'):
        weights = load(path)['state_dict']
        assert weights.keys() == averaged.keys()
        assert all(torch.equal(weights[name], averaged[name]) for name in averaged)
    assert load(next(tmp_path.glob('net-*.pth')))['meta']['averaged'] is True


@pytest.mark.parametrize('key', ['state_dict_ema', 'model_ema'])
def test_averaged_weights_of_other_codes_are_chosen(tmp_path, key):
    saved = {'state_dict': {'w': torch.zeros(2)}, key: {'module.w': torch.ones(2)}}
    torch.save(saved, tmp_path / 'run.pth')
    for path in publish_file(tmp_path / 'run.pth', tmp_path, 'net'):
        assert torch.equal(load(path)['state_dict']['w'], torch.ones(2))


def test_views_and_shared_tensors_are_saved_alone(tmp_path):
    table = torch.arange(10_000.0).view(100, 100)
    weights = dict(a=table[:, 0], b=table[:, 0])
    torch.save(dict(state_dict=weights), tmp_path / 'views.pth')
    for path in publish_file(tmp_path / 'views.pth', tmp_path, 'net'):
        assert path.stat().st_size < 4000
        assert torch.equal(load(path)['state_dict']['b'], table[:, 0])


def test_a_checkpoint_that_does_not_fit_writes_nothing(checkpoint, tmp_path):
    cfg = small_config(CONFIG)
    cfg.model.decode_head.num_classes = 5
    with pytest.raises(InputError, match='does not fit the config: 2 of'):
        publish_file(checkpoint, tmp_path / 'new', 'b1', cfg)
    assert not (tmp_path / 'new').exists()


def test_weights_that_are_no_numbers_are_not_published(tmp_path):
    torch.save(dict(w=torch.tensor([1, float('nan')])), tmp_path / 'nan.pth')
    with pytest.raises(InputError, match=r'nan\.pth has NaN or infinity in 1 of 1'):
        publish_file(tmp_path / 'nan.pth', tmp_path / 'new', 'b1')
    assert not (tmp_path / 'new').exists()


def test_no_code_is_run(tmp_path):
    path, trace = write_bomb(tmp_path)
    with pytest.raises(InputError, match='system'):
        publish_file(path, tmp_path, 'b1')
    assert not trace.exists()


@pytest.mark.parametrize('name', ['', 'a/b'])
def test_a_name_is_no_path(checkpoint, tmp_path, name):
    with pytest.raises(InputError, match='give a name'):
        publish_file(checkpoint, tmp_path, name)


def test_other_mistakes_are_one_line(tmp_path):
    torch.save(dict(note='nothing'), tmp_path / 'empty.pth')
    with pytest.raises(InputError, match=r'empty\.pth: holds no weights'):
        publish_file(tmp_path / 'empty.pth', tmp_path, 'b1')
    torch.save(dict(w=torch.ones(1)), tmp_path / 'some.pth')
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match='cannot be written'):
        publish_file(tmp_path / 'some.pth', tmp_path / 'file', 'b1')


def test_a_config_of_mmpretrain_is_built_in_its_scope(tmp_path):
    pytest.importorskip('mmpretrain')
    head = dict(type='LinearClsHead', num_classes=2, in_channels=3)
    model = dict(type='ImageClassifier', backbone=dict(type='LeNet5'), head=head)
    torch.save(dict(w=torch.ones(1)), tmp_path / 'w.pth')
    with pytest.raises(InputError, match=r'backbone\.features\.0\.weight is missing'):
        publish_file(
            tmp_path / 'w.pth',
            tmp_path,
            'b1',
            Config(dict(model=model, default_scope='mmpretrain')),
        )
    assert os.listdir(tmp_path) == ['w.pth']


def test_a_file_in_16_bits_gives_about_the_same(network, checkpoint, tmp_path):
    cfg = small_config(CONFIG)
    draw_pair(tmp_path / '0.png', tmp_path / 'map.png', [0])
    results, sizes = [], []
    for precision in ('fp32', 'fp16'):
        files = publish_file(checkpoint, tmp_path, 'n', cfg, precision)
        sizes.append([file.stat().st_size for file in files])
        for file in files:
            segmenter = Segmenter.from_checkpoint(cfg, file)
            results.append(segmenter(tmp_path / '0.png', True).probabilities)
    for result in results:
        assert np.allclose(result, results[0], atol=0.02)
    assert all(half < 0.75 * full for full, half in zip(*sizes, strict=True))
    with safe_open(files[1], 'pt') as file:
        for name in file.keys():  # noqa: SIM118
            tensor, source = file.get_tensor(name), network.state_dict()[name]
            exact = tensor.dim() < 2 or not source.is_floating_point()
            assert tensor.dtype == (source.dtype if exact else torch.float16)
        assert json.loads(file.metadata()[KEY])['config_name']


def test_what_16_bits_cannot_hold_stays(tmp_path):
    weights = dict(large=torch.full((2, 2), 1e6), small=torch.full((2, 2), 0.1))
    torch.save(weights, tmp_path / 'net.pth')
    path = publish_file(tmp_path / 'net.pth', tmp_path, 'n', precision='fp16')[1]
    with safe_open(path, 'pt') as file:
        assert torch.equal(file.get_tensor('large'), weights['large'])
        assert file.get_tensor('small').dtype == torch.float16


@pytest.mark.parametrize(
    ('before', 'after'),
    [
        ("load_from = '/home/me/a.pth'", "load_from = 'a.pth'"),
        ('root = "/data/ade/"', 'root = "ade"'),
        ("work_dir = '~/runs/7'", "work_dir = '7'"),
        ("root = 'C:\\\\me\\\\ade'", "root = 'ade'"),
        ("a = '/x/1', b = 'y/2', c = '/z'", "a = '1', b = 'y/2', c = 'z'"),
        ("root = 'data/ade'", "root = 'data/ade'"),
        ("scale = '1/2'", "scale = '1/2'"),
    ],
)
def test_paths_of_a_machine_are_not_handed_on(before, after):
    assert read_meta(dict(meta=dict(cfg=before)))['cfg'] == after
