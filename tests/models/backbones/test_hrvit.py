import copy

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS, Registry
from torch.nn.modules.batchnorm import _BatchNorm

from endings import refused
from golden import FEATURES
from mmseg_hrvit import HRViT, convert, deploy
from mmseg_hrvit.analysis.memory import kept_bytes
from mmseg_hrvit.models.layers import CrossShapedAttention
from oracle import OracleHRViT
from reference import (
    REFERENCE,
    authors_name,
    check_same_function,
    digest,
    fill,
    image,
    needs_reference,
    relative_error,
)
from selection import full_but
from testers import BackboneTester

GELU = dict(type='GELU')
FORMS = dict(
    plain=lambda net: net,
    deployed=deploy,
    training_cpu=lambda net: convert(net, 'training_cpu'),
)
TOLERANCES = [(torch.float64, 1e-6), (torch.float32, 1e-5), (torch.bfloat16, 0.04)]
COMPILED = pytest.param('compiled', marks=pytest.mark.full)
THREE_BRANCHES = dict(
    channels=(16, 32, 48),
    depths=((1,), (1, 1), (1, 1, 3)),
    window_sizes=(1, 2, 3),
    mlp_ratios=(2, 3, 1),
    head_dims=(8, 16, 8),
)
TINY = dict(
    channels=(16, 32, 48, 64),
    depths=((1,), (1, 1), (1, 1, 2), (1, 1, 2, 1), (1, 1, 1, 1)),
    window_sizes=(1, 2, 3, 3),
    mlp_ratios=(2, 3, 1, 2),
    head_dims=(8, 16, 8, 16),
)
VARIANTS = {
    'b1': dict(arch='b1'),
    'b2': dict(arch='b2'),
    'b3': dict(arch='b3'),
    'three branches': dict(arch=THREE_BRANCHES, out_indices=(0, 1, 2)),
    'tiny': dict(arch=TINY),
    'five channels': dict(arch=TINY, in_channels=5),
    'two outputs': dict(arch=TINY, out_indices=(1, 3)),
    'two projections': dict(arch=TINY, share_key_value=False),
    'conv embedding': dict(arch=TINY, efficient_patch_embed=False),
    'plain ffn': dict(arch=TINY, mixcfn=False),
    'no parallel conv': dict(arch=TINY, parallel_conv=False),
    'no extra nonlinearity': dict(arch=TINY, extra_nonlinearity=False),
    'sparse fusion': dict(arch=TINY, dense_fusion=False),
    'no des': dict(arch=TINY, des=False),
    'gelu des': dict(arch=TINY, des_act_cfg=GELU),
    'windows': dict(arch=TINY, window_sizes=(1, 2, 9, 9)),
    'depths': dict(arch=TINY, depths=((1,), (1, 1), (1, 1, 3), (1, 1, 1, 1))),
    'recomputed': dict(arch=TINY, with_cp=True),
}


# The others are larger, or differ in one switch, which tests/configs/test_ablations.py
# trains.
ALWAYS = ('b1', 'tiny', 'two projections', 'three branches', 'recomputed')


@pytest.mark.parametrize('variant', full_but(VARIANTS, *ALWAYS))
class TestHRViT(BackboneTester):
    @pytest.fixture
    def cfg(self, variant):
        return dict(type='mmseg_hrvit.HRViT', **VARIANTS[variant])


@pytest.fixture(params=FEATURES, ids=lambda key: f'{key[0]}-{key[1]}', scope='module')
def filled(request):
    """A golden case, its network in float64, and its image."""
    arch, size = request.param
    net = fill(HRViT(arch=arch, des_act_cfg=GELU), authors_name).double().eval()
    return request.param, net, image(1, 3, *size)


@pytest.fixture
def golden(filled):
    """The same with a network of its own."""
    key, net, x = filled
    return key, copy.deepcopy(net), x


@pytest.mark.parametrize('form', FORMS)
@torch.no_grad()
def test_golden_digests(golden, form):
    key, net, x = golden
    check_digests(FORMS[form](net)(x), key)


@pytest.mark.full
@torch.no_grad()
def test_golden_digests_when_compiled():
    net = fill(HRViT(des_act_cfg=GELU), authors_name).double().eval()
    convert(net, 'compile')
    check_digests(net(image(1, 3, 64, 96)), ('b1', (64, 96)))


def check_digests(maps, key):
    """Compares maps with the golden ones, of which any clone has the digests."""
    for level, expected in zip(maps, FEATURES[key], strict=True):
        assert digest(level) == pytest.approx(expected, abs=1e-6 * expected[0])


@needs_reference
@pytest.mark.parametrize(
    ('form', 'dtype', 'tolerance'),
    full_but(
        [(form, *case) for form in FORMS for case in TOLERANCES],
        *((form, *TOLERANCES[0]) for form in FORMS),
        ('deployed', *TOLERANCES[1]),
        ('plain', *TOLERANCES[2]),
    ),
)
@torch.no_grad()
def test_golden_outputs(golden, form, dtype, tolerance):
    (arch, size), net, x = golden
    path = REFERENCE / f'hrvit_{arch}_eval_{size[0]}x{size[1]}.npz'
    expected = np.load(path)
    net = FORMS[form](net)
    if dtype == torch.bfloat16:  # by autocast: the weights stay in float32
        with torch.autocast('cpu', dtype):
            maps = net.float()(x.float())
    else:
        maps = net.to(dtype)(x.to(dtype))
    for i, level in enumerate(maps):
        assert level.dtype == dtype
        error = relative_error(level, torch.from_numpy(expected[f'level{i}']))
        assert error < tolerance


@pytest.mark.parametrize('size', [(64, 96), (61, 87)], ids=['even', 'odd'])
@pytest.mark.parametrize('mode', ['plain', 'recomputed', COMPILED])
def test_outputs_and_gradients_equal_the_oracle(size, mode):
    net = HRViT(with_cp=mode == 'recomputed')
    if mode == 'compiled':
        convert(net, 'compile')
    check_same_function(net, OracleHRViT(), image(2, 3, *size))


@pytest.mark.parametrize('form', FORMS)
@torch.no_grad()
def test_bfloat16_is_near_float32(form):
    net = fill(HRViT()).eval()
    x = image(1, 3, 64, 96).float()
    with torch.autocast('cpu', torch.bfloat16):
        maps = FORMS[form](net)(x)
    assert maps[0].dtype == torch.bfloat16
    for level, expected in zip(maps, net(x), strict=True):
        assert relative_error(level.float(), expected) < 0.04


def test_every_registry_finds_it():
    from mmseg.registry import MODELS as SEG_MODELS

    # mmpretrain and mmdet have a registry of their own below the root, as mmseg has.
    other = Registry('model', parent=MODELS, scope='another_project')
    for registry in (MODELS, SEG_MODELS, other):
        assert registry.get('HRViT') is HRViT
        assert registry.get('mmseg_hrvit.HRViT') is HRViT


def test_recomputing_changes_nothing():
    x = image(2, 3, 64, 64).requires_grad_()
    results = []
    for with_cp in (False, True):
        net = fill(HRViT(TINY, with_cp=with_cp, drop_path_rate=0.3, frozen_stages=0))
        net = net.double().train()
        torch.manual_seed(1)
        maps = net(x.detach())
        sum(m.square().mean() for m in maps).backward()
        results.append((maps, net))
    (maps, net), (maps_cp, net_cp) = results
    assert all(torch.equal(a, b) for a, b in zip(maps, maps_cp, strict=True))
    state = net_cp.state_dict()
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())
    params = dict(net_cp.named_parameters())
    trained = {k: p for k, p in net.named_parameters() if p.requires_grad}
    assert not any(k.startswith('stem') for k in trained)
    assert all(
        relative_error(params[k].grad, p.grad) < 1e-12
        for k, p in trained.items()
        if p.grad.norm() > 1e-6
    )


def test_recomputing_keeps_less_for_backward():
    def kept(with_cp):
        net, x = HRViT(TINY, with_cp=with_cp).train(), image(2, 3, 64, 64).float()
        return kept_bytes(lambda: net(x))

    assert kept(True) < 0.5 * kept(False)


def test_pruned_outputs_equal_the_full_networks():
    full = fill(HRViT(TINY)).eval()
    pruned = HRViT(TINY, out_indices=(1, 3)).eval()
    keys = pruned.state_dict().keys()
    assert keys < full.state_dict().keys()
    pruned.load_state_dict({k: v for k, v in full.state_dict().items() if k in keys})
    x = image(1, 3, 64, 96).float()
    maps = full(x)
    for a, b in zip(pruned(x), (maps[1], maps[3]), strict=True):
        assert torch.equal(a, b)
    assert pruned.out_channels == [32, 64]


def test_initialisation():
    net = HRViT()
    net.init_weights()
    for name, module in net.named_modules():
        if isinstance(module, torch.nn.Linear):
            assert module.bias.abs().max() == 0, name
            # About 0.02, within what a sample of this size allows.
            bound = 0.02 * 5 / module.weight.numel() ** 0.5
            assert abs(float(module.weight.std()) - 0.02) < bound, name
        elif isinstance(module, (_BatchNorm, torch.nn.LayerNorm)):
            is_last_of_attention = name.endswith('attn.bn')
            assert torch.all(module.weight == (0 if is_last_of_attention else 1)), name
            assert torch.all(module.bias == 0), name
    assert sum(isinstance(m, CrossShapedAttention) for m in net.modules()) == 35


def test_drop_path_rates_grow_along_the_deepest_branch():
    net = HRViT(arch='b1', drop_path_rate=0.21)
    depths = [[len(b.blocks) for b in m.branches.values()] for m in net.hr_modules]
    expected = torch.linspace(0, 0.21, 1 + 1 + 6 + 6 + 6 + 2).tolist()
    for module, blocks in zip(net.hr_modules, depths, strict=True):
        rates, expected = expected[: max(blocks)], expected[max(blocks) :]
        for branch in module.branches.values():
            own = [block.drop_path.drop_prob for block in branch.blocks]
            assert own == pytest.approx(rates[: len(own)])
    assert depths[-2:] == [[1, 1, 6, 2], [1, 1, 2, 2]]


@pytest.mark.parametrize(
    ('stages', 'modules'), [(-1, 0), (0, 0), (1, 1), (3, 4), (4, 6)]
)
def test_frozen_stages(stages, modules):
    net = HRViT(frozen_stages=stages, norm_eval=False).train()
    frozen = [m for m in net.hr_modules if not m.training]
    assert frozen == list(net.hr_modules[:modules])
    assert net.stem.training == (stages < 0)
    for part in (net.stem, *net.hr_modules):
        assert all(p.requires_grad == part.training for p in part.parameters())


def test_norm_eval_keeps_running_statistics():
    net = fill(HRViT(TINY, norm_eval=True)).train()
    before = {k: v.clone() for k, v in net.named_buffers()}
    net(image(2, 3, 64, 64).float())
    assert all(torch.equal(v, before[k]) for k, v in net.named_buffers())
    assert net.training


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(arch='b4'), "arch='b4'"),
        (dict(arch=dict(TINY, width=3)), 'width'),
        (dict(arch=dict(TINY, channels=(16, 32))), 'channels|depths|window_sizes'),
        (dict(arch=dict(TINY, depths=((1,), (1, 1, 1)))), 'depths'),
        (
            dict(arch=dict(TINY, depths=((1,), (1, 1), (1, 0, 1), (1, 1, 1, 1)))),
            'depths',
        ),
        (dict(window_sizes=(1, 2, 7)), 'window_sizes'),
        (dict(out_indices=(3, 1)), 'out_indices'),
        (dict(out_indices=(4,)), 'out_indices'),
        (dict(out_indices=()), 'out_indices'),
        (dict(frozen_stages=5), 'frozen_stages'),
    ],
)
def test_arguments_that_make_no_network_are_refused(arguments, message):
    with refused(message):
        HRViT(**arguments)
