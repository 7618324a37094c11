import copy
import logging

import pytest
import torch
from mmengine.logging import MMLogger
from safetensors.torch import save_file

from checkpoints.bomb import write_bomb
from data import TINY_ARCH
from mmseg_hrvit import HRViT
from mmseg_hrvit.checkpoints import load_backbone
from mmseg_hrvit.errors import InputError
from reference import authors_name, fill

TINY_B1 = dict(TINY_ARCH, channels=(32, 64, 128, 256))
TINY_B2 = dict(TINY_ARCH, channels=(48, 96, 240, 384))


@pytest.fixture(scope='module')
def weights():
    return fill(HRViT(TINY_ARCH)).state_dict()


@pytest.fixture
def log(caplog):
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.WARNING)
    yield caplog
    logger.removeHandler(caplog.handler)


def prefixed(weights, prefix):
    return {f'{prefix}{name}': value for name, value in weights.items()}


def network(weights):
    """A network around the backbone, with heads that must not matter."""
    return dict(
        prefixed(weights, 'backbone.'),
        **{'head.fc.weight': torch.ones(3), 'decode_head.norm.weight': torch.ones(2)},
    )


def load(checkpoint, tmp_path, **options):
    path = tmp_path / 'weights.pth'
    torch.save(checkpoint, path)
    backbone = HRViT(**dict(dict(arch=TINY_ARCH), **options))
    load_backbone(backbone, str(path))
    return backbone


def refuse(checkpoint, tmp_path, **options):
    with pytest.raises(InputError) as error:
        load(checkpoint, tmp_path, **options)
    message = str(error.value)
    assert '\n' not in message
    assert 'weights.pth' in message
    return message


@pytest.mark.parametrize(
    'wrap',
    [
        lambda weights: weights,
        network,
        lambda weights: dict(state_dict=weights, meta={}),
        lambda weights: dict(state_dict=network(weights), meta={}),
        lambda weights: dict(model=prefixed(network(weights), 'module.')),
    ],
)
def test_all_kinds_of_checkpoints(weights, tmp_path, log, wrap):
    loaded = load(wrap(weights), tmp_path).state_dict()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)
    assert log.text == ''


def test_safetensors(weights, tmp_path):
    path = tmp_path / 'weights.safetensors'
    save_file(weights, path)
    backbone = HRViT(TINY_ARCH)
    load_backbone(backbone, str(path))
    assert torch.equal(backbone.stem.conv1.weight, weights['stem.conv1.weight'])


def test_init_weights_loads(weights, tmp_path):
    torch.save(weights, tmp_path / 'weights.pth')
    backbone = HRViT(TINY_ARCH, pretrained=str(tmp_path / 'weights.pth'))
    backbone.init_weights()
    assert torch.equal(backbone.stem.conv1.weight, weights['stem.conv1.weight'])


def test_fewer_outputs_take_a_full_checkpoint(weights, tmp_path, log):
    backbone = load(network(weights), tmp_path, out_indices=(0, 2))
    loaded = backbone.state_dict()
    assert len(loaded) < len(weights)
    assert all(torch.equal(loaded[name], weights[name]) for name in loaded)
    assert log.text == ''


@pytest.mark.parametrize('name', ['hr_modules.5.branches.0.other', 'layer.weight'])
def test_surplus_entries_are_named_in_one_warning(weights, tmp_path, log, name):
    load(dict(weights, **{name: torch.ones(1)}), tmp_path)
    assert len(log.records) == 1
    assert '1 entries that the backbone does not have' in log.text
    assert name in log.text


def test_a_missing_entry(weights, tmp_path):
    weights = copy.copy(weights)
    del weights['hr_modules.4.branches.2.blocks.0.attn.qv.bias']
    message = refuse(network(weights), tmp_path)
    assert '1 of ' in message
    assert 'hr_modules.4.branches.2.blocks.0.attn.qv.bias is missing' in message


@pytest.mark.parametrize('factor', ['nan', 'inf'])
def test_weights_that_are_no_numbers(weights, tmp_path, factor):
    name = 'stem.bn1.bias'
    wrong = dict(weights, **{name: weights[name] * float(factor)})
    assert f'NaN or infinity in 1 of {len(weights)} entries (first: {name})' in refuse(
        wrong, tmp_path
    )


def test_nothing_is_loaded_of_a_checkpoint_that_does_not_fit(weights, tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(dict(weights, **{'stem.bn1.bias': torch.ones(1)}), path)
    backbone = HRViT(TINY_ARCH)
    before = copy.deepcopy(backbone.state_dict())
    with pytest.raises(InputError, match=r'stem.bn1.bias has the shape \(1,\)'):
        load_backbone(backbone, str(path))
    after = backbone.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_old_checkpoints_without_num_batches_tracked(weights, tmp_path, log):
    old = {k: v for k, v in weights.items() if 'num_batches' not in k}
    assert len(old) < len(weights)
    loaded = load(old, tmp_path).state_dict()
    assert all(torch.equal(loaded[name], old[name]) for name in old)


def test_another_variant_is_recognised(tmp_path):
    weights = HRViT(TINY_B2).state_dict()
    message = refuse(network(weights), tmp_path, arch=TINY_B1)
    assert "b2's weights for arch b1" in message


@pytest.mark.parametrize('bands', [1, 2, 4, 13])
def test_other_numbers_of_bands_take_the_colours_in_turn(weights, tmp_path, bands):
    loaded = load(network(weights), tmp_path, in_channels=bands).state_dict()
    name = 'stem.conv1.weight'
    given, found = weights[name], loaded[name]
    assert found.shape == (32, bands, 3, 3)
    for k in range(bands if bands > 1 else 0):
        assert torch.allclose(found[:, k], given[:, k % 3] * 3 / bands)
    if bands in (1, 3):  # a grey picture gives what it gave
        assert torch.allclose(found.sum(1), given.sum(1), atol=1e-6)
    assert all(torch.equal(loaded[k], weights[k]) for k in weights if k != name)


def test_a_grey_image_keeps_its_strength(weights, tmp_path):
    grey = torch.rand(1, 1, 32, 32)
    names = [f'stem.conv1.{kind}' for kind in ('weight', 'bias')]

    def respond(bands):
        backbone = load(weights, tmp_path, in_channels=bands)
        conv = [backbone.state_dict()[name] for name in names]
        return torch.nn.functional.conv2d(grey.expand(-1, bands, -1, -1), *conv)

    assert torch.allclose(respond(1), respond(3), atol=1e-5)
    assert torch.allclose(respond(6), respond(3), atol=1e-5)


def test_weights_of_bands_do_not_fit_a_network_for_pictures(weights, tmp_path):
    banded = load(weights, tmp_path, in_channels=4).state_dict()
    message = refuse(banded, tmp_path)
    assert 'stem.conv1.weight has the shape (32, 4, 3, 3)' in message


def test_an_unconverted_checkpoint_is_recognised(weights, tmp_path):
    authors = {authors_name(name): value for name, value in weights.items()}
    assert 'hrvit convert-checkpoint' in refuse(authors, tmp_path)


@pytest.mark.parametrize('content', [{}, {'fc.weight': torch.ones(2)}])
def test_something_else(tmp_path, content):
    assert 'stem.conv1.weight is missing' in refuse(content, tmp_path)


def test_no_code_is_run(tmp_path):
    path, trace = write_bomb(tmp_path)
    with pytest.raises(InputError, match='system'):
        HRViT(TINY_ARCH, pretrained=str(path)).init_weights()
    assert not trace.exists()


def test_converted_weights_tell_their_activation(weights, tmp_path, log):
    checkpoint = dict(state_dict=weights, meta=dict(des_act='GELU'))
    load(checkpoint, tmp_path, des_act_cfg=dict(type='GELU'))
    assert log.text == ''
    load(checkpoint, tmp_path)
    assert log.text.count('des_act_cfg') == 1
