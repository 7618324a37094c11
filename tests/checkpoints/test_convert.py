import json
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from checkpoints.bomb import write_bomb
from endings import refused
from mmseg_hrvit import HRViT
from mmseg_hrvit.checkpoints import (
    convert_backbone,
    convert_classifier,
    convert_file,
    load_backbone,
)
from mmseg_hrvit.checkpoints.convert import fold_biases, rename
from reference import REFERENCE, authors_name, needs_reference

BACKBONE_NAMES = {
    'stem.bn2.running_var': 'stem.bn2.running_var',
    'features.2.blocks.1.0.0.weight': 'hr_modules.1.fusion.paths.1.0.depthwise.weight',
    'features.10.blocks.3.1.1.bias': 'hr_modules.5.fusion.paths.3.1.bn1.bias',
    'features.8.blocks.2.0.2.bias': 'hr_modules.4.fusion.paths.2.0.pointwise.bias',
    'features.8.blocks.2.0.3.bias': 'hr_modules.4.fusion.paths.2.0.bn2.bias',
    'features.8.blocks.0.2.0.bias': 'hr_modules.4.fusion.paths.0.2.pointwise.bias',
    'features.8.blocks.0.2.1.bias': 'hr_modules.4.fusion.paths.0.2.bn.bias',
    'features.3.patch_embed.1.proj.0.bias': (
        'hr_modules.1.branches.1.patch_embed.pointwise.bias'
    ),
    'features.3.patch_embed.1.proj.1.bias': (
        'hr_modules.1.branches.1.patch_embed.depthwise.bias'
    ),
    'features.3.patch_embed.1.norm.bias': (
        'hr_modules.1.branches.1.patch_embed.norm.bias'
    ),
    'features.5.branches.2.4.attn_norm.bias': (
        'hr_modules.2.branches.2.blocks.4.norm1.bias'
    ),
    'features.5.branches.2.4.attn.to_qkv.bias': (
        'hr_modules.2.branches.2.blocks.4.attn.qv.bias'
    ),
    'features.5.branches.2.4.attn.to_out.0.bias': (
        'hr_modules.2.branches.2.blocks.4.attn.proj.bias'
    ),
    'features.5.branches.2.4.attn.attn_bn.bias': (
        'hr_modules.2.branches.2.blocks.4.attn.bn.bias'
    ),
    'features.5.branches.2.4.attn.parallel_conv.1.bias': (
        'hr_modules.2.branches.2.blocks.4.attn.parallel_conv.bias'
    ),
    'features.5.branches.2.4.des.proj_left.bias': (
        'hr_modules.2.branches.2.blocks.4.des.proj_left.bias'
    ),
    'features.5.branches.2.4.ffn_norm.bias': (
        'hr_modules.2.branches.2.blocks.4.norm2.bias'
    ),
    'features.5.branches.2.4.ffn.fc2.bias': (
        'hr_modules.2.branches.2.blocks.4.ffn.fc2.bias'
    ),
    'features.5.branches.2.4.ffn.conv.conv_3.bias': (
        'hr_modules.2.branches.2.blocks.4.ffn.dwconv3.bias'
    ),
    'features.5.branches.2.4.ffn.conv.conv_5.bias': (
        'hr_modules.2.branches.2.blocks.4.ffn.dwconv5.bias'
    ),
    'features.11.norm.3.bias': 'hr_modules.5.branches.3.norm.bias',
}
CLASSIFIER_NAMES = {
    'head.incre_modules.1.0.conv3.weight': 'neck.0.increase_layers.1.0.conv3.weight',
    'head.incre_modules.1.0.downsample.0.weight': (
        'neck.0.increase_layers.1.0.downsample.0.weight'
    ),
    'head.downsamp_modules.2.0.weight': 'neck.0.downsample_layers.2.conv.weight',
    'head.downsamp_modules.2.1.weight': 'neck.0.downsample_layers.2.bn.weight',
    'head.final_layer.0.weight': 'neck.0.final_layer.conv.weight',
    'head.final_layer.1.running_mean': 'neck.0.final_layer.bn.running_mean',
    'head.classifier.bias': 'head.fc.bias',
}
# Layers with a bias that the network here does not have.
FOLDED = {
    'head.downsamp_modules.0': 'neck.0.downsample_layers.0',
    'head.downsamp_modules.1': 'neck.0.downsample_layers.1',
    'head.downsamp_modules.2': 'neck.0.downsample_layers.2',
    'head.final_layer': 'neck.0.final_layer',
}
UNKNOWN_NAMES = [
    'epoch',
    'features.5.blocks.1.0.0.weight',
    'features.4.norm.0.weight',
    'features.4.blocks.1.1.0.weight',
    'features.5.branches.2.4.attn.to_kv.weight',
    'head.final_layer.2.weight',
]


def numbered(shapes):
    """Weights that tell by their value which entry they are."""
    return {
        name: torch.full(tuple(shape), float(i + 1))
        for i, (name, shape) in enumerate(shapes.items())
    }


def read_reference(arch):
    return json.loads((REFERENCE / f'hrvit_{arch}_checkpoint.json').read_text())


@pytest.fixture(scope='module')
def authors():
    """The authors' b1, without a classifier."""
    entries = HRViT('b1').state_dict().items()
    return numbered({authors_name(name): value.shape for name, value in entries})


def refuse(checkpoint, convert=convert_backbone):
    with refused() as error:
        convert(checkpoint)
    return str(error.value)


@pytest.mark.parametrize('theirs', BACKBONE_NAMES)
def test_names_of_the_backbone(theirs):
    assert rename(theirs) == BACKBONE_NAMES[theirs]
    assert rename(theirs, 'backbone.') == f'backbone.{BACKBONE_NAMES[theirs]}'


@pytest.mark.parametrize('theirs', CLASSIFIER_NAMES)
def test_names_of_the_classifier(theirs):
    assert rename(theirs, 'backbone.') == CLASSIFIER_NAMES[theirs]


@pytest.mark.parametrize('name', UNKNOWN_NAMES)
def test_unknown_names(name):
    assert rename(name) is None


@pytest.mark.parametrize('wrapper', [None, 'state_dict', 'model'])
def test_every_entry_of_the_backbone_gets_the_right_place(authors, wrapper):
    converted = convert_backbone({wrapper: authors} if wrapper else authors)
    assert converted.arch == 'b1'
    assert converted.unplaced == []
    assert len(converted.state_dict) == len(authors)
    for name, value in converted.state_dict.items():
        assert torch.equal(value, authors[authors_name(name)])


@needs_reference
@pytest.mark.parametrize('arch', ['b1', 'b2', 'b3'])
def test_every_entry_of_the_reference_is_placed_once(arch):
    authors = numbered(read_reference(arch))
    converted = convert_backbone(authors)
    assert converted.arch == arch
    assert converted.unplaced == []
    expected = HRViT(arch).state_dict()
    assert converted.state_dict.keys() == expected.keys()
    values = {float(value.flatten()[0]) for value in converted.state_dict.values()}
    backbone = [name for name in authors if not name.startswith('head.')]
    assert len(values) == len(backbone) == len(expected)
    for name, value in converted.state_dict.items():
        assert torch.equal(value, authors[authors_name(name)])


@needs_reference
@pytest.mark.parametrize('arch', ['b1', 'b2', 'b3'])
def test_every_entry_of_the_classifier_is_placed_once(arch):
    models = pytest.importorskip('mmpretrain.models')
    authors = numbered(read_reference(arch))
    converted = convert_classifier(authors)
    assert converted.arch == arch
    assert converted.unplaced == []
    backbone = HRViT(arch)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        network = models.ImageClassifier(
            backbone=backbone,
            neck=[
                dict(type='HRFuseScales', in_channels=backbone.out_channels),
                dict(type='GlobalAveragePooling'),
            ],
            head=models.LinearClsHead(1000, 2048),
        )
    network.load_state_dict(converted.state_dict, strict=True)
    weights = converted.state_dict
    assert len(weights) == len(authors) - len(FOLDED)
    for theirs, ours in FOLDED.items():
        mean = authors[f'{theirs}.1.running_mean'] - authors[f'{theirs}.0.bias']
        assert torch.equal(weights.pop(f'{ours}.bn.running_mean'), mean)
    values = {float(value.flatten()[0]) for value in weights.values()}
    assert len(values) == len(weights) == len(authors) - 2 * len(FOLDED)


def test_biases_in_front_of_norms_are_folded():
    conv, norm = torch.nn.Conv2d(2, 3, 1), torch.nn.BatchNorm2d(3).eval()
    norm.running_mean.normal_()
    image = torch.randn(1, 2, 4, 4)
    with torch.no_grad():
        expected = norm(conv(image))
    layer = 'head.downsamp_modules.1'
    weights = {
        f'{layer}.0.bias': conv.bias.detach(),
        f'{layer}.1.running_mean': norm.running_mean.clone(),
        'head.classifier.bias': torch.ones(5),
    }
    folded = fold_biases(weights)
    assert folded.keys() == weights.keys() - {f'{layer}.0.bias'}
    norm.running_mean.copy_(folded[f'{layer}.1.running_mean'])
    conv.bias = None
    with torch.no_grad():
        assert torch.allclose(norm(conv(image)), expected, atol=1e-6)


def test_a_bias_that_cannot_be_folded():
    weights = {
        'head.final_layer.0.bias': torch.ones(2),
        'head.final_layer.1.running_mean': torch.ones(3),
    }
    assert 'head.final_layer.0.bias has no' in refuse(weights, fold_biases)
    del weights['head.final_layer.1.running_mean']
    assert 'head.final_layer.0.bias has no' in refuse(weights, fold_biases)


def test_what_has_no_place_is_named(authors):
    extra = {'features.5.branches.2.4.attn.rel_pos.weight': torch.ones(2)}
    converted = convert_backbone({**authors, **extra})
    assert converted.unplaced == list(extra)
    assert len(converted.state_dict) == len(authors)


def test_a_known_layer_with_an_unknown_entry_is_named(authors):
    extra = {'features.5.branches.2.4.attn.to_qkv.scale': torch.ones(2)}
    assert convert_backbone({**authors, **extra}).unplaced == list(extra)


@pytest.mark.parametrize(
    ('checkpoint', 'reason'),
    [
        ({}, 'not a checkpoint of the authors'),
        ({'conv1.weight': torch.ones(1)}, 'not a checkpoint of the authors'),
        ({'features.1.norm.0.weight': torch.ones(40)}, '40 channels'),
        ({'features.1.norm.0.weight': torch.ones(32)}, 'stem.conv1.weight is missing'),
        ({'hr_modules.0.branches.0.norm.weight': torch.ones(32)}, 'no conversion'),
        ({'backbone.hr_modules.0.branches.0.norm.weight': torch.ones(32)}, 'no conv'),
    ],
)
def test_other_files_are_refused(checkpoint, reason):
    assert reason in refuse(checkpoint)


def test_an_incomplete_checkpoint_is_refused(authors):
    name = 'features.9.branches.3.1.ffn.fc1.weight'
    missing = {key: value for key, value in authors.items() if key != name}
    target = rename(name)
    assert f'{target} is missing' in refuse(missing)
    misshaped = {**authors, name: torch.ones(3)}
    assert f'{target} has the shape (3,)' in refuse(misshaped)


def test_a_backbone_alone_makes_no_classifier(authors):
    assert 'no classifier' in refuse(authors, convert_classifier)


@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
def test_files(authors, tmp_path, suffix):
    src, dst = tmp_path / 'authors.pth', tmp_path / f'converted.{suffix}'
    torch.save(dict(model=authors), src)
    dst.write_text('an older file')
    convert_file(str(src), str(dst))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'authors.pth',
        dst.name,
    ]
    backbone = HRViT('b1', des_act_cfg=dict(type='GELU'))
    load_backbone(backbone, str(dst))
    for name, value in backbone.state_dict().items():
        assert torch.equal(value.float(), authors[authors_name(name)])


def test_files_that_are_not_written(authors, tmp_path):
    src = tmp_path / 'authors.pth'
    torch.save(authors, src)
    before = src.read_bytes()

    def message(dst):
        return refuse(str(src), lambda path: convert_file(path, str(dst)))

    link = tmp_path / 'link.pth'
    link.symlink_to(src)
    assert 'source itself' in message(src)
    assert 'source itself' in message(link)
    assert '.safetensors' in message(tmp_path / 'converted.txt')
    assert 'no such folder' in message(tmp_path / 'missing' / 'converted.pth')
    folder = tmp_path / 'folder.pth'
    folder.mkdir()
    assert 'folder.pth cannot be written' in message(folder)
    assert src.read_bytes() == before
    assert not list(tmp_path.glob('*.partial'))


def test_a_refused_file_is_named_and_leaves_nothing(tmp_path):
    src, dst = tmp_path / 'other.pth', tmp_path / 'converted.pth'
    torch.save({'w': torch.ones(1)}, src)
    message = refuse(str(src), lambda path: convert_file(path, str(dst)))
    assert message.startswith(str(src))
    assert not dst.exists()


def test_no_code_is_run(tmp_path):
    path, trace = write_bomb(tmp_path)
    dst = Path(tmp_path, 'converted.pth')
    assert 'system' in refuse(str(path), lambda src: convert_file(src, str(dst)))
    assert not trace.exists()
    assert not dst.exists()
