"""Every layer in its form for engines is the same function."""

import pytest
import torch
from mmengine.registry import MODELS
from torch import nn

from endings import refused
from export_data import SMALL_ARCH, build_small
from mmseg_hrvit import convert
from mmseg_hrvit.models.forms.engines import MapBranch, SummingHead
from mmseg_hrvit.models.forms.engines.norm import MapNorm
from mmseg_hrvit.models.forms.engines.shortcut import MapShortcut
from mmseg_hrvit.models.forms.pooling import by_products
from mmseg_hrvit.models.layers import DiversityEnhancedShortcut
from reference import fill, image, relative_error

SIZES = ((33, 97), (161, 130), (7, 40))


@pytest.mark.parametrize(
    'options',
    [
        {},
        dict(share_key_value=False),
        dict(efficient_patch_embed=False),
        dict(mixcfn=False),
        dict(parallel_conv=False),
        dict(extra_nonlinearity=False),
        dict(des=False),
        dict(des_act_cfg=dict(type='GELU')),
        dict(dense_fusion=False, window_sizes=(2, 3, 5, 4)),
    ],
    ids=lambda options: '-'.join(options) or 'paper',
)
@torch.no_grad()
def test_backbone_of_every_design_choice(options):
    cfg = dict(type='mmseg_hrvit.HRViT', arch=SMALL_ARCH, **options)
    net = fill(MODELS.build(cfg)).eval()
    form = convert(net, 'engines')
    assert any(isinstance(module, MapBranch) for module in form.modules())
    for size in SIZES:
        x = image(2, 3, *size).float()
        for actual, expected in zip(form(x), net(x), strict=True):
            assert relative_error(actual, expected) < 1e-5, size


@pytest.mark.parametrize('name', ['hrvit_b1_ade20k', 'hrvit_b1_upernet_ade20k'])
@torch.no_grad()
def test_whole_networks_and_the_original_stays(name):
    net, _ = build_small(name)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    form = convert(net, 'engines')
    x = image(1, 3, 97, 130).float()
    assert relative_error(form(x, mode='tensor'), net(x, mode='tensor')) < 1e-5
    after = net.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize(
    ('channels', 'groups'), [(32, 1), (48, 1), (64, 2), (96, 3), (240, 5), (512, 16)]
)
def test_shortcut_multiplies_few_zeros(channels, groups):
    des = fill(DiversityEnhancedShortcut(channels, dict(type='GELU')))
    x = torch.randn(2, channels, 3, 4)
    expected = des(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    form = MapShortcut(des)
    assert form.right.groups == groups
    assert relative_error(form(x), expected) < 1e-5


@pytest.mark.parametrize('bins', [1, 2, 3, 6])
@pytest.mark.parametrize('size', [(8, 11), (3, 2), (17, 6)])
def test_pooling_is_torchs(bins, size):
    pool = nn.AdaptiveAvgPool2d(bins)
    x = torch.randn(2, 3, *size)
    assert torch.allclose(by_products(pool)(x), pool(x), atol=1e-6)


def test_norm_with_and_without_affine():
    x = 5 + 3 * torch.randn(2, 6, 4, 5)
    for norm in (nn.LayerNorm(6), nn.LayerNorm(6, elementwise_affine=False)):
        for parameter in norm.parameters():
            nn.init.normal_(parameter)
        expected = norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        assert torch.allclose(MapNorm(norm)(x), expected, atol=1e-5)


GROUPS = dict(type='GN', num_groups=4)


@pytest.mark.parametrize('norm_cfg', [None, dict(type='BN', affine=False), GROUPS])
@pytest.mark.parametrize('maps', [1, 3])
@torch.no_grad()
def test_head_of_any_norm_and_number_of_maps(norm_cfg, maps):
    cfg = dict(
        type='mmseg_hrvit.LinearSegformerHead',
        in_channels=[8, 12, 16][:maps],
        in_index=list(range(maps)),
        channels=8,
        num_classes=5,
        norm_cfg=norm_cfg,
    )
    head = fill(MODELS.build(cfg)).eval()
    inputs = [torch.randn(2, 8 + 4 * i, 16 >> i, 24 >> i) for i in range(maps)]
    form = convert(head, 'engines')
    assert isinstance(form, SummingHead)
    assert relative_error(form(inputs), head(inputs)) < 1e-5


def test_a_norm_that_cannot_be_folded_is_refused_in_one_line():
    cfg = dict(type='mmseg_hrvit.HRViT', arch=SMALL_ARCH, norm_cfg=GROUPS)
    with refused('GroupNorm after attention'):
        convert(MODELS.build(cfg), 'engines')
