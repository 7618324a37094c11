import pytest
import torch
import torch.nn.functional as F

from endings import refusal
from mmseg_hrvit import CSWin
from mmseg_hrvit.checkpoints import convert_cswin, convert_file, load_backbone
from mmseg_hrvit.checkpoints.convert_cswin import rename
from mmseg_hrvit.models.backbones.cswin import ARCHS
from oracle_cswin import OracleCSWin
from reference import fill, image, relative_error

NAMES = {
    'stage1_conv_embed.0.weight': 'stages.0.embed.conv.weight',
    'stage1_conv_embed.2.bias': 'stages.0.embed.norm.bias',
    'merge2.conv.weight': 'stages.2.embed.conv.weight',
    'merge3.norm.bias': 'stages.3.embed.norm.bias',
    'stage1.0.norm1.weight': 'stages.0.blocks.0.norm1.weight',
    'stage2.1.qkv.bias': 'stages.1.blocks.1.attn.qkv.bias',
    'stage3.20.attns.1.get_v.bias': 'stages.2.blocks.20.attn.lepe.1.bias',
    'stage3.9.proj.weight': 'stages.2.blocks.9.attn.proj.weight',
    'stage4.0.norm2.weight': 'stages.3.blocks.0.norm2.weight',
    'stage4.0.mlp.fc2.weight': 'stages.3.blocks.0.ffn.fc2.weight',
    'norm.weight': 'stages.3.norm.weight',
    'head.weight': 'head.weight',
}


def public(arch):
    """A public classifier of a variant."""
    return fill(OracleCSWin(**ARCHS[arch])).eval()


@pytest.fixture(scope='module')
def weights():
    """The weights of a public CSWin-Ti."""
    return public('ti').state_dict()


@pytest.mark.parametrize('name', NAMES)
def test_names(name):
    assert rename(name) == NAMES[name]


@pytest.mark.parametrize(('arch', 'size'), [('ti', (148, 108)), ('t', (64, 96))])
@torch.no_grad()
def test_a_converted_network_computes_the_same(arch, size):
    classifier = public(arch).double()
    converted = convert_cswin(dict(state_dict_ema=classifier.state_dict()))
    assert (converted.network, converted.arch) == ('CSWin', arch)
    assert converted.unplaced == []
    backbone = CSWin(arch).double().eval()
    backbone.load_state_dict(converted.state_dict)
    x = image(2, 3, *size)
    *first, last = classifier(x)
    # The first three outputs end with a norm that is new: 1 and 0.
    first = [
        F.layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2]).permute(0, 3, 1, 2)
        for x in first
    ]
    for level, expected in zip(backbone(x), [*first, last], strict=True):
        assert relative_error(level, expected) < 1e-12


def test_the_variants_are_told_apart():
    with torch.device('meta'):
        small = OracleCSWin(**ARCHS['s'])
    weights = {k: torch.zeros(v.shape) for k, v in small.state_dict().items()}
    assert convert_cswin(weights).arch == 's'


def test_another_variant_is_refused(weights):
    narrow = {name: x for name, x in weights.items() if not name.startswith('stage3.3')}
    message = refusal(
        convert_cswin, {n: x for n, x in narrow.items() if 'stage3.20.' not in n}
    )
    assert '32 channels and 19 blocks' in message


def test_a_missing_entry_is_named(weights):
    part = {name: x for name, x in weights.items() if name != 'merge2.conv.bias'}
    assert 'stages.2.embed.conv.bias is missing' in refusal(convert_cswin, part)


def test_an_unknown_entry_is_left_out_and_named(weights):
    converted = convert_cswin({**weights, 'stage2.0.extra.weight': torch.ones(1)})
    assert converted.unplaced == ['stage2.0.extra.weight']


@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
def test_a_converted_file_loads_as_pretrained(weights, tmp_path, suffix):
    src, dst = tmp_path / 'public.pth', tmp_path / f'converted.{suffix}'
    torch.save(dict(state_dict=weights), src)
    convert_file(str(src), str(dst))
    backbone = CSWin('ti', pretrained=str(dst))
    backbone.init_weights()
    expected = convert_cswin(weights).state_dict
    assert all(torch.equal(v, expected[k]) for k, v in backbone.state_dict().items())


def test_what_to_do_with_an_unconverted_file(weights, tmp_path):
    src = tmp_path / 'public.pth'
    torch.save(dict(state_dict=weights), src)
    assert 'hrvit convert-checkpoint' in refusal(load_backbone, CSWin('ti'), str(src))


def test_the_classifier_is_not_converted(weights, tmp_path):
    src, dst = tmp_path / 'public.pth', tmp_path / 'converted.pth'
    torch.save(weights, src)
    message = refusal(convert_file, str(src), str(dst), True)
    assert 'omit --classifier' in message
    assert not dst.exists()
