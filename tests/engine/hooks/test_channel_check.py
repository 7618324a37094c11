from types import SimpleNamespace

import pytest
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

from mmseg_hrvit import ChannelCheckHook
from mmseg_hrvit.errors import InputError


def head(type='FCNHead', **options):
    cfg = dict(type=type, channels=4, num_classes=2) | options
    if type == 'FCNHead':
        cfg['num_convs'] = 1
    return MODELS.build(cfg)


def model(decode_head, auxiliary_head=None, out_channels=(8, 16, 24)):
    init_default_scope('mmseg')
    segmentor = nn.Module()
    segmentor.backbone = nn.Module()
    segmentor.backbone.out_channels = list(out_channels)
    segmentor.decode_head = decode_head
    segmentor.auxiliary_head = auxiliary_head
    return segmentor


def check(segmentor):
    ChannelCheckHook().before_run(SimpleNamespace(model=segmentor))


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')


@pytest.mark.parametrize(
    'options',
    [
        dict(in_channels=24, in_index=-1),
        dict(in_channels=16, in_index=1),
        dict(in_channels=[8, 24], in_index=[0, 2], input_transform='resize_concat'),
        dict(type='SegformerHead', in_channels=[8, 16, 24], in_index=[0, 1, 2]),
        dict(type='SegformerHead', in_channels=(8, 16, 24), in_index=(0, 1, 2)),
    ],
)
def test_heads_that_fit_pass(options):
    check(model(head(**options)))


@pytest.mark.parametrize(
    'options, message',
    [
        (
            dict(in_channels=16, in_index=2),
            'in_channels=16 .* outputs 2 have 24',
        ),
        (dict(in_channels=16, in_index=3), 'in_index=3, but the backbone has 3'),
        (
            dict(type='SegformerHead', in_channels=[8, 16, 32], in_index=[0, 1, 2]),
            r'in_channels=\[8, 16, 32\] .* \[8, 16, 24\]',
        ),
        (
            dict(in_channels=[8, 16], in_index=[0, 2], input_transform='resize_concat'),
            'in_channels=24 .* 32 channels',
        ),
    ],
)
def test_heads_that_do_not_fit_are_told(options, message):
    with pytest.raises(InputError, match=f'model.decode_head.{message}'):
        check(model(head(**options)))
    fits = head(in_channels=8, in_index=0)
    with pytest.raises(InputError, match=f'model.auxiliary_head.{message}'):
        check(model(fits, head(**options)))
    with pytest.raises(InputError, match=rf'model.decode_head\[1\].{message}'):
        check(model(nn.ModuleList([fits, head(**options)])))


def test_networks_without_channels_and_heads_behind_a_neck_are_left_alone():
    wrong = head(in_channels=16, in_index=2)
    unknown = model(wrong)
    del unknown.backbone.out_channels
    check(unknown)
    with_neck = model(wrong)
    with_neck.with_neck = True
    check(with_neck)
    check(nn.Linear(1, 1))


def test_heads_that_take_every_output_are_left_alone():
    """Mask2Former's and MaskFormer's have no in_index."""
    mask2former = nn.Module()
    mask2former.in_channels, mask2former.num_classes = [1, 2], 2
    check(model(mask2former))
    ChannelCheckHook().before_test(runner_of(model(mask2former)))
    del mask2former.num_classes
    ChannelCheckHook().before_test(runner_of(model(mask2former)))


@pytest.mark.parametrize('options', [dict(num_classes=1), dict(out_channels=1)])
def test_a_single_channel_is_for_two_classes(options):
    hook, single = ChannelCheckHook(), head(in_channels=8, in_index=0, **options)
    hook.before_test(runner_of(model(single), *'ab'))
    with pytest.raises(
        InputError, match=r"names one class, a, .*\('background', 'a'\)"
    ):
        hook.before_test(runner_of(model(single), 'a'))
    with pytest.raises(InputError, match='but the data set has 3'):
        hook.before_test(runner_of(model(single), *'abc'))


def runner_of(network, *classes):
    loops = dict(test_loop=loop(*(classes or ('a', 'b'))))
    return SimpleNamespace(model=network, **loops)


def loop(*classes):
    dataset = SimpleNamespace(metainfo=dict(classes=classes))
    return SimpleNamespace(dataloader=SimpleNamespace(dataset=dataset))


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_classes_of_every_loop_are_checked(split):
    loops = dict(train_loop=loop('a', 'b'), val_loop=None, test_loop=loop('a', 'b'))
    runner = SimpleNamespace(model=model(head(in_channels=8, in_index=0)), **loops)
    hook = ChannelCheckHook()
    hook.before_train(runner)
    hook.before_test(runner)
    setattr(runner, f'{split}_loop', loop('a', 'b', 'c'))
    with pytest.raises(InputError, match='num_classes=2, but the data set has 3'):
        hook.before_test(runner) if split == 'test' else hook.before_train(runner)
