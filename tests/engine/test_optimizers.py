import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

import mmseg_hrvit
from mmseg_hrvit.engine import optimizers
from mmseg_hrvit.errors import InputError

NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)


@pytest.mark.parametrize('name', ['hrvit_b1_ade20k', 'hrvit_b1_upernet_ade20k'])
def test_rate_and_decay_of_every_parameter_of_the_recipe(name):
    cfg = Config.fromfile(mmseg_hrvit.config(name))
    init_default_scope('mmseg')
    model = MODELS.build(cfg.model)
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    assert len(optimizer.param_groups) == 4
    groups = {id(p): group for group in optimizer.param_groups for p in group['params']}
    kinds = set()
    for module_name, module in model.named_modules():
        in_head = module_name.startswith(('decode_head', 'auxiliary_head'))
        is_norm = isinstance(module, NORMS)
        for param in module.parameters(recurse=False):
            group = groups.pop(id(param))
            assert group['lr'] == pytest.approx(6e-4 if in_head else 6e-5)
            assert group['weight_decay'] == (0 if is_norm else 0.01)
            kinds.add((in_head, is_norm))
    assert not groups
    assert len(kinds) == 4


def build(custom_keys, **paramwise):
    model = nn.ModuleDict(dict(head=nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))))
    wrapper = dict(
        constructor='mmseg_hrvit.NormDecayOptimWrapperConstructor',
        optimizer=dict(type='AdamW', lr=1.0, weight_decay=0.5),
        paramwise_cfg=dict(custom_keys=custom_keys, **paramwise),
    )
    groups = build_optim_wrapper(model, wrapper).optimizer.param_groups
    return [(g['lr'], g['weight_decay'], len(g['params'])) for g in groups]


def test_a_key_with_a_decay_of_its_own_keeps_it():
    keys = dict(head=dict(lr_mult=2.0, decay_mult=3.0))
    assert build(keys, norm_decay_mult=0.0) == [(2.0, 1.5, 4)]


def test_without_a_norm_rule_nothing_changes():
    assert build(dict(head=dict(lr_mult=2.0))) == [(2.0, 0.5, 4)]


def test_frozen_parameters_are_left_out():
    cfg = dict(
        constructor='mmseg_hrvit.NormDecayOptimWrapperConstructor',
        optimizer=dict(type='AdamW', lr=1.0, weight_decay=0.5),
        paramwise_cfg=dict(norm_decay_mult=0.0),
    )
    model = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)).requires_grad_(False)
    model[0].weight.requires_grad_(True)
    (group,) = build_optim_wrapper(model, cfg).optimizer.param_groups
    assert group['params'][0] is model[0].weight
    assert torch.equal(torch.tensor(group['weight_decay']), torch.tensor(0.5))


def test_groups_keep_options_of_any_kind():
    first, second, third = (nn.Parameter(torch.ones(1)) for _ in range(3))
    groups = [
        dict(params=[first], lr=1.0, betas=[0.9, 0.99]),
        dict(params=[second]),
        dict(betas=[0.9, 0.99], lr=1.0, params=[third]),
    ]
    assert optimizers.merge(groups) == [
        dict(params=[first, third], lr=1.0, betas=[0.9, 0.99]),
        dict(params=[second]),
    ]


@pytest.mark.parametrize(
    ('options', 'is_fused'),
    [({}, True), (dict(fused=False), False), (dict(foreach=True), False)],
)
def test_adam_is_fused_unless_the_config_says_otherwise(options, is_fused):
    cfg = dict(
        constructor='mmseg_hrvit.NormDecayOptimWrapperConstructor',
        optimizer=dict(type='AdamW', lr=1.0, **options),
    )
    optimizer = build_optim_wrapper(nn.Linear(2, 2), cfg).optimizer
    assert bool(optimizer.defaults['fused']) == is_fused


def tie():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.LayerNorm(2))
    model[1].weight = model[0].weight
    return model


@pytest.mark.parametrize(
    'paramwise', [dict(norm_decay_mult=0.0), dict(custom_keys={'1': dict(lr_mult=2.0)})]
)
def test_tied_weights_are_stepped_once_or_refused(paramwise):
    cfg = dict(
        constructor='mmseg_hrvit.NormDecayOptimWrapperConstructor',
        optimizer=dict(type='SGD', lr=1.0, weight_decay=0.0),
        paramwise_cfg=paramwise,
    )
    with pytest.raises(InputError, match=r'\(0\.weight and 1\.weight\)'):
        build_optim_wrapper(tie(), copy.deepcopy(cfg))
    cfg['paramwise_cfg'] = dict(paramwise, bypass_duplicate=True)
    model = tie()
    optimizer = build_optim_wrapper(model, cfg).optimizer
    before = model[0].weight.clone()
    model[0].weight.grad = torch.ones(2, 2)
    optimizer.step()
    assert torch.equal(model[0].weight, before - 1)


class Net(nn.Module):
    """A convolution, a norm, biases, and a parameter of the network itself."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.body = nn.Sequential(nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2))
        self.depthwise = nn.Conv2d(2, 2, 1, groups=2)
        self.flat = nn.Embedding(2, 2)


@pytest.mark.parametrize(
    'paramwise',
    [
        None,
        dict(bias_lr_mult=2.0, bias_decay_mult=0.5),
        dict(norm_decay_mult=0.0),
        dict(dwconv_decay_mult=0.1, norm_decay_mult=0.2),
        dict(flat_decay_mult=0.3),
        dict(custom_keys={'body': dict(lr_mult=10.0, decay_mult=0.1)}),
        dict(custom_keys={'body': dict(lr_mult=3.0), 'body.0': dict(lr_mult=5.0)}),
        dict(bias_lr_mult=2.0, custom_keys={'scale': dict(decay_mult=0.0)}),
    ],
)
def test_every_parameter_has_the_options_that_mmengine_gives_it(paramwise):
    found = []
    for constructor in (
        'DefaultOptimWrapperConstructor',
        'mmseg_hrvit.NormDecayOptimWrapperConstructor',
    ):
        model = Net()
        cfg = dict(
            constructor=constructor,
            optimizer=dict(type='SGD', lr=0.1, weight_decay=0.01, momentum=0.9),
            paramwise_cfg=copy.deepcopy(paramwise),
        )
        groups = build_optim_wrapper(model, cfg).optimizer.param_groups
        options = {
            id(param): (group['lr'], group['weight_decay'], group['momentum'])
            for group in groups
            for param in group['params']
        }
        found.append({n: options[id(p)] for n, p in model.named_parameters()})
    assert found[0] == found[1]


@pytest.mark.parametrize(
    'paramwise, error',
    [
        (dict(custom_keys=1), TypeError),
        (dict(custom_keys={'body': dict(decay_mult=1.0)}), ValueError),
        (dict(norm_decay_mult=0.0), ValueError),
    ],
)
@pytest.mark.parametrize(
    'constructor',
    ['DefaultOptimWrapperConstructor', 'mmseg_hrvit.NormDecayOptimWrapperConstructor'],
)
def test_wrong_rules_are_refused_by_both(constructor, paramwise, error):
    cfg = dict(
        constructor=constructor,
        optimizer=dict(type='SGD', lr=0.1),  # without a weight decay to multiply
        paramwise_cfg=paramwise,
    )
    with pytest.raises(error):
        build_optim_wrapper(Net(), cfg)
