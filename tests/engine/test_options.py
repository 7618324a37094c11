"""Options of the command line: what changes the config, and what is refused."""

import pytest
from mmengine.config import Config

import mmseg_hrvit
from mmseg_hrvit.engine.options import merge_options, parse_options
from mmseg_hrvit.errors import InputError


@pytest.fixture(scope='module')
def config():
    return Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))


def merge(config, *options):
    cfg = config.copy()
    merge_options(cfg, parse_options(options))
    return cfg


@pytest.mark.parametrize(
    ('option', 'nearest'),
    [
        ('train_datalaoder.batch_size=2', 'train_dataloader.batch_size'),
        ('optimizer.lr=1', 'optim_wrapper.optimizer.lr'),
        ('lr=1', 'optim_wrapper.optimizer.lr'),
        ('seed=1', 'randomness.seed'),
        ('randomness.sed=1', 'randomness.seed'),
        ('model.decode_head.num_clases=3', 'model.decode_head.num_classes'),
        ('model.backbone.drop_path=0.2', 'model.backbone.drop_path_rate'),
        ('model.test_cfg.mod=slide', 'model.test_cfg.mode'),
        ('train_cfg.max_iter=10', 'train_cfg.max_iters'),
        ('custom_hooks.3.max_inrow=1', 'custom_hooks.3.max_in_row'),
        ('default_hooks.chckpoint.interval=5', 'default_hooks.checkpoint.interval'),
        ('param_scheduler.1.powr=2', 'param_scheduler.1.power'),
        (
            'optim_wrapper.optimizer.weight_dcay=0',
            'optim_wrapper.optimizer.weight_decay',
        ),
    ],
)
def test_a_key_that_matches_nothing(config, option, nearest):
    key = option.partition('=')[0]
    message = f"{key}: the config has no such key: did you mean '{nearest}'?"
    with pytest.raises(InputError) as error:
        merge(config, option)
    assert str(error.value) == f'--cfg-options {message}'


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('train_cfg.max_iters=abc', 'give a number; it is 6000'),
        ('train_cfg.max_iters=True', 'give a number; it is 6000'),
        ('model.decode_head.kwargs=1', 'the config has no such key'),
        ('resume=maybe', 'give True or False; it is False'),
        ('train_dataloader=3', 'set one of train_dataloader.num_workers, '),
        ('train_dataloader.dataset.pipeline.44.x=1', 'the list has 8 parts'),
        ('custom_hooks.first.x=1', 'custom_hooks.first.x: '),
        ('foo', 'foo: write KEY=VALUE'),
        ('crop_size=[8,8]', r'no effect.*pipeline\.4\.crop_size, or use --crop'),
        ('data_root=x', r'no effect.*set train_dataloader\.dataset\.data_root'),
        ('train_pipeline.4.crop_size=[8,8]', r'no effect.*dataset\.pipeline'),
        ('data_preprocessor.size=[8,8]', r'no effect.*set model\.data_preprocessor'),
    ],
)
def test_a_value_that_cannot_be_meant(config, option, message):
    with pytest.raises(InputError, match=message):
        merge(config, option)


@pytest.mark.parametrize(
    'option',
    [
        'compile=True',
        'find_unused_parameters=True',
        'load_from=a.pth',
        'randomness.seed=3',
        'model.backbone.with_cp=True',
        'model.pretrained=a.pth',
        'model.decode_head.loss_decode.class_weight=[1,2]',
        'model.decode_head.norm_cfg.eps=0.001',
        'model.test_cfg.stride=[3,4]',
        'optim_wrapper.accumulative_counts=2',
        'optim_wrapper.clip_grad.max_norm=2',
        'optim_wrapper.optimizer.amsgrad=True',
        'optim_wrapper.paramwise_cfg.custom_keys.stem.lr_mult=10',
        'train_cfg.val_begin=3',
        'train_dataloader.prefetch_factor=2',
        'train_dataloader.dataset.indices=4',
        'train_dataloader.dataset.metainfo.classes=[a]',
        'val_evaluator.iou_metrics=[mIoU,mDice]',
        'visualizer.alpha=0.3',
    ],
)
def test_what_a_type_takes_may_be_added(config, option):
    key, _, value = option.partition('=')
    node = merge(config, option)
    for part in key.split('.'):
        node = node[part]
    assert str(node).replace(' ', '').replace("'", '') == value


def test_a_type_and_its_own_arguments_may_come_together(config):
    cfg = merge(
        config, 'model.decode_head.type=UPerHead', 'model.decode_head.pool_scales=[1,2]'
    )
    assert cfg.model.decode_head.pool_scales == [1, 2]
    with pytest.raises(InputError, match='pool_scales'):
        merge(config, 'model.decode_head.pool_scales=[1,2]')


def test_keys_of_the_users_own_pass(tmp_path):
    path = tmp_path / 'own.py'
    path.write_text('my_switch = 1\nmodel = dict(free=dict(a=1))\n')
    cfg = merge(Config.fromfile(path), 'my_switch=2', 'model.free.entirely_new=3')
    assert (cfg.my_switch, cfg.model.free.entirely_new) == (2, 3)
