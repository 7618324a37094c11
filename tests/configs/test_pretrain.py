"""ImageNet pre-training: appendix A.1 and Table 3."""

import copy

import pytest
import torch
import torch.nn as nn
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, PARAM_SCHEDULERS, DefaultScope
from mmengine.runner import Runner

from data import make_image_folders, use_tiny_arch
from paths import CONFIGS

pytest.importorskip('mmpretrain', reason='classification needs mmpretrain')

from mmseg_hrvit.analysis.flops import measure_config
from mmseg_hrvit.engine.cpu import prepare_cpu

TABLE_3 = dict(b1=(19.7, 2.7), b2=(32.5, 5.1), b3=(37.9, 5.7))
NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)


def load(arch):
    return Config.fromfile(CONFIGS / f'pretrain/hrvit_{arch}_in1k.py')


def make_tiny(cfg):
    """Gives a pre-training config the network of ``use_tiny_arch``."""
    tiny = use_tiny_arch(Config.fromfile(CONFIGS / 'hrvit_b1_ade20k.py'))
    cfg.model.backbone.arch = tiny.model.backbone.arch
    cfg.model.neck[0].in_channels = tiny.model.decode_head.in_channels
    return cfg


def in_mmpretrain(function, *args):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return function(*args)


@pytest.mark.parametrize('arch', TABLE_3)
def test_table_3(arch):
    part = measure_config(load(arch), (224, 224))
    printed = round(part.params / 1e6, 1), round(part.macs.paper / 1e9, 1)
    assert printed == TABLE_3[arch]


@pytest.mark.parametrize('arch', TABLE_3)
def test_the_variants_differ_in_the_network_alone(arch):
    cfg, base = load(arch)._cfg_dict, load('b1')._cfg_dict
    cfg.pop(arch, None)  # what _base_/variants says of it
    assert cfg.model.backbone.pop('arch') == arch
    base.model.backbone.pop('arch')
    for c in (cfg, base):
        c.model.neck[0].pop('in_channels')
    assert cfg == base


def test_the_optimizer_is_the_papers():
    cfg = load('b1')
    net = in_mmpretrain(MODELS.build, make_tiny(copy.deepcopy(cfg)).model)
    wrapper = build_optim_wrapper(net, cfg.optim_wrapper)
    assert isinstance(wrapper.optimizer, torch.optim.AdamW)
    assert wrapper.clip_grad_kwargs == dict(max_norm=1.0)
    groups = {id(p): g for g in wrapper.optimizer.param_groups for p in g['params']}
    assert groups.keys() == {id(p) for p in net.parameters()}
    assert len(wrapper.optimizer.param_groups) == 2
    for module in net.modules():
        decay = 0.0 if isinstance(module, NORMS) else 0.05
        for name, param in module.named_parameters(recurse=False):
            group = groups[id(param)]
            assert (group['lr'], group['weight_decay']) == (1e-3, decay), name
            assert group['betas'] == (0.9, 0.999)


def test_the_batch_is_the_papers():
    cfg = load('b1')
    assert cfg.train_dataloader.batch_size * 32 == 1024
    assert cfg.auto_scale_lr == dict(enable=False, base_batch_size=1024)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        # What mmpretrain's own train script would add.
        assert loader.collate_fn == dict(type='default_collate')
        assert loader.pin_memory is loader.persistent_workers is True


def test_the_schedule_is_the_papers():
    cfg = load('b1')
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1e-3)
    assert (cfg.train_cfg.by_epoch, cfg.train_cfg.max_epochs) == (True, 300)
    epoch = 10  # iterations
    schedulers = [
        PARAM_SCHEDULERS.get(s.pop('type')).build_iter_from_epoch(
            # The runner sets the missing end to that of the training.
            optimizer,
            **{'end': 300, **s, 'epoch_length': epoch},
        )
        for s in cfg.param_scheduler
        if s.pop('convert_to_iter_based')
    ]
    rates = []
    for _ in range(300 * epoch):
        rates.append(optimizer.param_groups[0]['lr'])
        for scheduler in schedulers:
            scheduler.step()
    assert rates[0] == pytest.approx(1e-6)
    assert rates[10 * epoch] == pytest.approx(5e-4, rel=0.01)
    assert max(rates) == rates[20 * epoch] == pytest.approx(1e-3)
    assert rates[160 * epoch] == pytest.approx((1e-3 + 1e-5) / 2, rel=1e-6)
    assert rates[-1] == pytest.approx(1e-5, rel=1e-3)


def test_the_regularisation_is_the_papers():
    model = load('b1').model
    assert model.backbone.drop_path_rate == 0.1
    assert model.head.dropout_ratio == 0.1
    assert model.head.loss.label_smooth_val == 0.1
    net = in_mmpretrain(MODELS.build, model)
    assert net.head.dropout.p == 0.1
    augments = {
        type(a).__name__: a.alpha for a in net.data_preprocessor.batch_augments.augments
    }
    assert augments == dict(Mixup=0.8, CutMix=1.0)
    assert net.data_preprocessor.batch_augments.probs is None  # either is as likely
    # A target that two images share: 0.9 of it, and 0.1 over all classes.
    target = torch.zeros(1, 1000)
    target[0, 0], target[0, 1] = 0.75, 0.25
    scores = torch.randn(1, 1000)
    smooth = 0.9 * target + 0.1 / 1000
    expected = -(smooth * scores.log_softmax(1)).sum()
    assert torch.isclose(net.head.loss_module(scores, target), expected)


def test_the_augmentations_are_deits():
    cfg = load('b1')
    steps = {t.type: t for t in cfg.train_dataloader.dataset.pipeline}
    assert list(steps) == [
        'LoadImageFromFile',
        'RandomResizedCrop',
        'RandomFlip',
        'RandAugment',
        'RandomErasing',
        'PackInputs',
    ]
    crop, augment, erase = (
        steps[k] for k in ('RandomResizedCrop', 'RandAugment', 'RandomErasing')
    )
    assert (crop.scale, crop.interpolation) == (224, 'bicubic')
    # rand-m9-mstd0.5-inc1
    assert (augment.policies, augment.num_policies) == ('timm_increasing', 2)
    assert (augment.magnitude_level, augment.total_level) == (9, 10)
    assert augment.magnitude_std == 0.5
    assert (erase.erase_prob, erase.mode) == (0.25, 'rand')
    assert cfg.train_dataloader.sampler.type == 'DefaultSampler'  # none repeated
    hooks = [h.type for h in cfg.custom_hooks]
    assert 'SyncBuffersHook' in hooks
    assert 'EMAHook' not in hooks
    test = {t.type: t for t in cfg.val_dataloader.dataset.pipeline}
    assert (test['ResizeEdge'].scale, test['CenterCrop'].crop_size) == (256, 224)


@pytest.fixture(scope='module')
def pretrained(tmp_path_factory):
    """A runner that has trained a tiny network for two steps, evaluated after each."""
    folder = tmp_path_factory.mktemp('pretrain')
    cfg = make_tiny(load('b1'))
    options = {
        'train_dataloader.batch_size': 10,
        'train_dataloader.dataset.pipeline.1.scale': 64,
        'val_dataloader.dataset.pipeline.1.scale': 72,
        'val_dataloader.dataset.pipeline.2.crop_size': 64,
        'train_cfg.max_epochs': 2,
        'param_scheduler.0.end': 1,
        'param_scheduler.1.begin': 1,
        'env_cfg.cudnn_benchmark': False,
        'work_dir': str(folder / 'work'),
        'launcher': 'none',
    }
    root = str(make_image_folders(folder / 'data'))
    for loader in ('train_dataloader', 'val_dataloader'):
        options |= {
            f'{loader}.dataset.data_root': root,
            f'{loader}.num_workers': 0,
            f'{loader}.persistent_workers': False,
            f'{loader}.pin_memory': False,
        }
    cfg.merge_from_dict(options)
    prepare_cpu(cfg)
    runner = Runner.from_cfg(cfg)
    runner.before = copy.deepcopy(runner.model.state_dict())
    runner.train()
    return runner


def test_a_step_of_training_and_evaluation(pretrained):
    assert pretrained.iter == 2
    after = pretrained.model.state_dict()
    assert all(v.isfinite().all() for v in after.values())
    for name in ('backbone.stem.conv1.weight', 'head.fc.weight'):
        assert not torch.equal(after[name], pretrained.before[name])
    scalars = pretrained.message_hub.log_scalars
    assert 5 < scalars['train/loss'].current() < 10  # about log(1000)
    assert 0 <= scalars['val/accuracy/top1'].current() <= 100


def test_its_checkpoint_starts_a_segmentation_network(pretrained):
    cfg = use_tiny_arch(Config.fromfile(CONFIGS / 'hrvit_b1_ade20k.py'))
    cfg.merge_from_dict({'model.pretrained': f'{pretrained.work_dir}/epoch_2.pth'})
    cfg.launcher = 'none'
    prepare_cpu(cfg)
    with DefaultScope.overwrite_default_scope('mmseg'):
        net = MODELS.build(cfg.model)
    net.init_weights()  # refuses a checkpoint that lacks a key of the backbone
    trained = pretrained.model.backbone.state_dict()
    for name, value in net.backbone.state_dict().items():
        assert torch.equal(value, trained[name]), name
