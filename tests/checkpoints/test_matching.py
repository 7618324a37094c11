import logging

import pytest
import torch
import torch.nn as nn
from mmengine.logging import MMLogger

from data import TINY_ARCH
from mmseg_hrvit import HRViT
from mmseg_hrvit.checkpoints.matching import (
    ARCH_OF_WIDTH,
    describe,
    differences,
    guess_arch,
    unwrap,
    warn_of_other_des,
)
from mmseg_hrvit.models.backbones.arch import ARCHS

NORM = 'hr_modules.0.branches.0.norm.weight'
AUTHORS_NORM = 'features.1.norm.0.weight'


def logged(caplog, backbone, checkpoint):
    """What is logged of another activation."""
    # The logger of mmengine hands nothing to the root's handlers.
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    with caplog.at_level(logging.WARNING):
        warn_of_other_des(backbone, checkpoint, 'weights.pth')
    logger.removeHandler(caplog.handler)
    return caplog.text


@pytest.mark.parametrize(
    'wrap',
    [
        lambda weights: weights,
        lambda weights: dict(state_dict=weights, meta=dict(epoch=1)),
        lambda weights: dict(model=weights, epoch=1, model_ema=dict(w=torch.ones(1))),
        lambda weights: dict(model=dict(state_dict=weights)),
        lambda weights: dict(state_dict_ema=weights),
        lambda weights: {f'module.{name}': value for name, value in weights.items()},
    ],
)
def test_unwrap(wrap):
    weights = {'w': torch.zeros(2), 'module_list.w': torch.zeros(3)}
    found = unwrap(wrap(weights))
    assert found.keys() == weights.keys()
    assert all(found[name] is weights[name] for name in weights)


def test_unwrap_leaves_out_what_is_no_weight():
    assert unwrap({'epoch': 3, 4: torch.ones(1), 'state_dict': 'text'}) == {}


def test_differences():
    expected = {
        'a': torch.zeros(2),
        'b': torch.zeros(2, 3),
        'c': torch.zeros(1),
        'bn.num_batches_tracked': torch.tensor(0),
    }
    found = {'a': torch.ones(2), 'b': torch.ones(3, 2), 'd': torch.ones(1)}
    assert differences(expected, found) == [
        'b has the shape (3, 2) instead of (2, 3)',
        'c is missing',
    ]


def test_widths_are_those_of_the_archs():
    widths = {arch['channels'][0]: name for name, arch in ARCHS.items()}
    assert widths == ARCH_OF_WIDTH


@pytest.mark.parametrize('prefix', ['', 'backbone.'])
def test_guess_arch(prefix):
    assert guess_arch({f'{prefix}{NORM}': torch.ones(48)}) == 'b2'
    assert guess_arch({f'{prefix}{NORM}': torch.ones(8)}) is None
    assert guess_arch({AUTHORS_NORM: torch.ones(64)}) == 'b3'
    assert guess_arch({'layer.weight': torch.ones(32)}) is None


def test_describe_names_the_first_and_hints():
    expected = {f'backbone.{NORM}': torch.ones(32)}

    def line(found):
        return describe(differences(expected, found), expected, found)

    assert line({}) == (
        f'1 of 1 entries are missing or have another shape (first: backbone.{NORM} is '
        'missing); check that it comes from the same config'
    )
    assert "b2's weights for arch b1" in line({f'backbone.{NORM}': torch.ones(48)})
    assert 'hrvit convert-checkpoint' in line({AUTHORS_NORM: torch.ones(32)})
    assert 'model.backbone.pretrained' in line({NORM: torch.ones(32)})


def test_another_activation_is_warned_of_once(caplog):
    checkpoint = dict(meta=dict(des_act='GELU'))
    same = HRViT(TINY_ARCH, des_act_cfg=dict(type='GELU'))
    assert logged(caplog, same, checkpoint) == ''
    text = logged(caplog, HRViT(TINY_ARCH), checkpoint)
    assert text.count("set des_act_cfg=dict(type='GELU')") == 1
    assert 'Hardswish' in text


@pytest.mark.parametrize('meta', [None, 'text', {}, dict(des_act='GELU')])
def test_no_word_of_the_activation_where_there_is_nothing_to_say(caplog, meta):
    assert logged(caplog, nn.Linear(1, 1), dict(meta=meta)) == ''
    if meta != dict(des_act='GELU'):
        assert logged(caplog, HRViT(TINY_ARCH), dict(meta=meta)) == ''
