import logging
import os
from pathlib import Path

import pytest
import torch
import torch.nn as nn
from mmengine.evaluator import Evaluator
from mmengine.model import BaseModel, BaseModule, BaseTTAModel
from mmengine.registry import MODEL_WRAPPERS, MODELS
from mmengine.runner import Runner

from checkpoints.bomb import write_bomb
from data import TINY_ARCH
from mmseg_hrvit import HRViT
from mmseg_hrvit.engine.hooks import StrictCheckpointHook
from mmseg_hrvit.errors import InputError
from ranks import Ranks

SCRATCH = 'training starts from scratch'
HEADS = 'entries of the heads start from scratch'


class Backbone(BaseModule):
    def __init__(self, width, pretrained=None):
        super().__init__()
        self.pretrained = pretrained
        self.layer = nn.Linear(1, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x):
        return self.norm(self.layer(x))


class Net(BaseModel):
    def __init__(self, width=2, classes=3, pretrained=None, init_cfg=None):
        super().__init__(init_cfg=init_cfg)
        self.backbone = Backbone(width, pretrained)
        self.head = nn.Linear(width, classes)

    def forward(self, inputs, mode='tensor'):
        x = torch.tensor(inputs, dtype=torch.float32)[:, None]
        logits = self.head(self.backbone(x))
        return dict(loss=logits.square().mean()) if mode == 'loss' else list(logits)


class Averaged(BaseTTAModel):
    def test_step(self, data):
        return self.module.test_step(data)

    def merge_preds(self, data_samples_list):
        raise NotImplementedError


class Numbers(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(inputs=index)


@MODEL_WRAPPERS.register_module(force=True)
class Parallel(nn.Module):
    """Hides the network like DistributedDataParallel."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def train_step(self, *args):
        return self.module.train_step(*args)

    def test_step(self, *args):
        return self.module.test_step(*args)


def make_runner(work_dir, model, load_from=None, resume=False, hooks=()):
    loader = dict(dataset=Numbers(), sampler=dict(type='DefaultSampler'), batch_size=2)
    return Runner(
        model,
        str(work_dir),
        train_dataloader=loader,
        train_cfg=dict(by_epoch=False, max_iters=2),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        test_dataloader=loader,
        test_cfg=dict(),
        test_evaluator=Evaluator([]),
        val_dataloader=loader,
        val_cfg=dict(),
        val_evaluator=Evaluator([]),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False)),
        custom_hooks=[dict(type='mmseg_hrvit.StrictCheckpointHook'), *hooks],
        load_from=load_from and str(load_from),
        resume=resume,
        default_scope='mmengine',
        experiment_name=f'run-{work_dir.name}',
    )


def save(model, path, **state_dict):
    weights = {**model.state_dict(), **state_dict}
    torch.save(dict(state_dict=weights, meta={}), path)
    return path


def run(mode, *args, **options):
    runner = make_runner(*args, **options)
    getattr(runner, mode)()
    return runner


def refuse(mode, *args, **options):
    runner = make_runner(*args, **options)
    before = {k: v.clone() for k, v in runner.model.state_dict().items()}
    with pytest.raises(InputError) as error:
        getattr(runner, mode)()
    if mode != 'train':
        after = runner.model.state_dict()
        assert all(torch.equal(after[name], before[name]) for name in before)
    assert '\n' not in str(error.value)
    return str(error.value)


@pytest.fixture
def log(caplog, monkeypatch):
    """What all runners of a test log."""
    build = Runner.build_logger

    def build_with_handler(self, *args, **options):
        logger = build(self, *args, **options)
        logger.addHandler(caplog.handler)
        return logger

    monkeypatch.setattr(Runner, 'build_logger', build_with_handler)
    caplog.set_level(logging.INFO)
    return caplog


def test_goes_first(tmp_path):
    runner = make_runner(tmp_path, Net(), hooks=[dict(type='EMAHook')])
    assert isinstance(runner.hooks[0], StrictCheckpointHook)


@pytest.mark.parametrize('mode', ['test', 'val'])
def test_evaluation_takes_its_own_checkpoint(tmp_path, mode):
    model = Net()
    path = save(Net(), tmp_path / 'own.pth', **{'aux.weight': torch.ones(1)})
    run(mode, tmp_path, model, load_from=path)
    saved = torch.load(path)['state_dict']
    assert all(torch.equal(v, saved[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize('mode', ['test', 'val'])
@pytest.mark.parametrize('name', ['backbone.layer.bias', 'head.weight'])
def test_evaluation_needs_every_entry(tmp_path, mode, name):
    state_dict = Net().state_dict()
    del state_dict[name]
    path = tmp_path / 'part.pth'
    torch.save(dict(state_dict=state_dict), path)
    message = refuse(mode, tmp_path, Net(), load_from=path)
    assert str(path) in message
    assert f'{name} is missing' in message


@pytest.mark.parametrize('mode', ['test', 'val', 'train'])
def test_classes_in_another_order_are_refused(tmp_path, mode, monkeypatch):
    meta = dict(classes=['a', 'b', 'c'])
    monkeypatch.setattr(Numbers, 'metainfo', meta, raising=False)
    if mode == 'train':
        run(mode, tmp_path, Net())
    else:
        path = save(Net(), tmp_path / 'net.pth')
        saved = dict(torch.load(path), meta=dict(dataset_meta=dict(meta)))
        torch.save(saved, path)
    options = dict(resume=True) if mode == 'train' else dict(load_from=path)
    run(mode, tmp_path, Net(), **options)
    meta['classes'] = ['b', 'a', 'c']
    message = refuse(mode, tmp_path, Net(), **options)
    assert 'was trained with the classes a, b, c, and the data set has them' in message
    meta['classes'] = ['x', 'y', 'z']
    run(mode, tmp_path, Net(), **options)


@pytest.mark.parametrize('mode', ['test', 'val', 'train'])
@pytest.mark.parametrize('name', ['backbone.layer.bias', 'head.weight'])
def test_weights_that_are_no_numbers_are_refused(tmp_path, mode, name):
    weights = Net().state_dict()[name] * float('nan')
    path = save(Net(), tmp_path / 'nan.pth', **{name: weights})
    message = refuse(mode, tmp_path, Net(), load_from=path)
    assert 'has NaN or infinity in 1 of ' in message
    assert f'(first: {name})' in message


def test_evaluation_needs_heads_of_the_right_shape(tmp_path):
    path = save(Net(classes=4), tmp_path / 'other.pth')
    message = refuse('test', tmp_path, Net(), load_from=path)
    assert '2 of 9' in message
    assert 'head.weight has the shape (4, 2) instead of (3, 2)' in message


def test_fine_tuning_may_change_heads(tmp_path, log):
    source = Net(classes=4)
    path = save(source, tmp_path / 'other.pth')
    model = Net()
    runner = make_runner(tmp_path, model, load_from=path)
    runner.train()
    assert f'2 {HEADS}' in log.text
    assert SCRATCH not in log.text


def test_fine_tuning_with_the_same_heads_says_nothing(tmp_path, log):
    run('train', tmp_path, Net(), load_from=save(Net(), tmp_path / 'same.pth'))
    assert HEADS not in log.text
    assert SCRATCH not in log.text


def test_fine_tuning_needs_the_backbone(tmp_path):
    path = save(Net(width=5), tmp_path / 'other.pth')
    message = refuse('train', tmp_path, Net(), load_from=path)
    assert '6 of 7' in message
    assert 'backbone.layer.weight has the shape (5, 1)' in message


def test_a_network_without_backbone_counts_whole(tmp_path):
    class Headless(Net):
        def __init__(self):
            super().__init__()
            self.trunk = self.backbone
            del self.backbone

        def forward(self, inputs, mode='tensor'):
            raise AssertionError('the checkpoint was not refused')

    path = save(Net(), tmp_path / 'other.pth')
    message = refuse('train', tmp_path, Headless(), load_from=path)
    assert 'trunk.layer.weight is missing' in message


def test_a_backbone_alone_is_recognised(tmp_path):
    path = tmp_path / 'backbone.pth'
    backbone = HRViT(TINY_ARCH)
    torch.save(backbone.state_dict(), path)
    model = Net()
    model.backbone = backbone
    message = refuse('train', tmp_path, model, load_from=path)
    assert 'model.backbone.pretrained' in message


@pytest.mark.parametrize('mode', ['test', 'train'])
def test_keys_are_checked_as_the_caller_revises_them(tmp_path, mode):
    source = {f'net.{name}': tensor for name, tensor in Net().state_dict().items()}
    path = tmp_path / 'other_names.pth'
    torch.save(dict(state_dict=source), path)
    model = Net()
    runner = make_runner(tmp_path, model)
    if mode == 'train':
        runner._train_loop = runner.build_train_loop(runner._train_loop)
    with pytest.raises(InputError, match=r'first: backbone\.layer\.weight is missing'):
        runner.load_checkpoint(str(path))
    runner.load_checkpoint(str(path), revise_keys=[(r'^net\.', '')])
    assert torch.equal(model.head.weight, source['net.head.weight'])


def train_from_its_own_folder(folder, resume):
    """As on machines that share no disk."""
    rank = os.environ['RANK']
    Path(folder, rank).mkdir(exist_ok=True)
    path = None if resume else folder / f'{rank}.pth'
    run('train', folder / rank, Net(), load_from=path, resume=resume)


@pytest.mark.parametrize('resume', [True, False])
def test_ranks_that_start_from_different_places_are_refused(tmp_path, resume):
    for rank in '01':
        torch.manual_seed(int(rank))
        save(Net(), tmp_path / f'{rank}.pth')
    if resume:
        run('train', tmp_path / '1', Net())
    ranks = Ranks(train_from_its_own_folder, tmp_path, resume, folder=tmp_path)
    assert ranks.end() == [2, 2]
    line = next(x for x in ranks.said(0).splitlines() if x.startswith('error'))
    assert 'error: the ranks start from different places: rank 0 at iteration 0' in line
    assert f'rank 1 at iteration {2 * resume} (' in line


def test_converted_weights_tell_their_activation(tmp_path, log):
    model = Net()
    model.backbone = HRViT(TINY_ARCH)
    path = tmp_path / 'converted.pth'
    meta = dict(des_act='GELU')
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    runner = make_runner(tmp_path, model, load_from=path)
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    runner.load_or_resume()
    assert log.text.count('des_act_cfg') == 1


def test_parallel_wrappers_and_prefixes(tmp_path):
    state_dict = {f'module.{k}': v for k, v in Net().state_dict().items()}
    path = tmp_path / 'parallel.pth'
    torch.save(dict(state_dict=state_dict), path)
    model = Net()
    run('test', tmp_path, Parallel(model), load_from=path)
    weight = state_dict['module.head.weight']
    assert torch.equal(model.head.weight, weight)
    path = save(Net(width=5), tmp_path / 'other.pth')
    runner = make_runner(tmp_path, Parallel(Net()), load_from=path)
    with pytest.raises(InputError, match=r'first: backbone\.layer\.weight'):
        runner.test()


def test_test_time_augmentation(tmp_path):
    MODELS.register_module(module=Averaged, force=True)
    source = Net()
    path = save(source, tmp_path / 'own.pth')
    model = Averaged(Net())
    run('test', tmp_path, model, load_from=path)
    assert torch.equal(model.module.head.weight, source.head.weight)
    path = save(Net(width=5), tmp_path / 'other.pth')
    assert 'backbone.layer.weight' in refuse(
        'test', tmp_path, Averaged(Net()), load_from=path
    )


@pytest.mark.parametrize('hooks', [(), (dict(type='EMAHook'),)])
def test_resuming_its_own_checkpoint(tmp_path, log, hooks):
    first = run('train', tmp_path, Net(), hooks=hooks)
    log.clear()
    second = run('train', tmp_path, Net(), resume=True, hooks=hooks)
    assert second.iter == first.iter == 2
    assert SCRATCH not in log.text
    weights = second.model.state_dict()
    assert all(torch.equal(weights[k], v) for k, v in first.model.state_dict().items())


def test_resuming_needs_every_entry(tmp_path):
    run('train', tmp_path, Net(classes=4))
    message = refuse('train', tmp_path, Net(), resume=True)
    assert str(tmp_path / 'iter_2.pth') in message
    assert 'head.weight has the shape (4, 2)' in message


def test_weights_alone_cannot_be_resumed(tmp_path):
    path = save(Net(), tmp_path / 'weights.pth')
    message = refuse('train', tmp_path, Net(), load_from=path, resume=True)
    assert 'a run cannot resume from it' in message


def test_resuming_runs_no_code(tmp_path):
    run('train', tmp_path, Net())
    path, trace = tmp_path / 'iter_2.pth', tmp_path / 'trace'
    checkpoint = torch.load(path, weights_only=False)
    checkpoint['meta']['config'] = f'import os\nos.system("touch {trace}")'
    torch.save(checkpoint, path)
    run('train', tmp_path, Net(), resume=True)
    assert not trace.exists()


@pytest.mark.parametrize('mode', ['train', 'test', 'val'])
def test_no_checkpoint_runs_code(tmp_path, mode):
    path, trace = write_bomb(tmp_path)
    assert 'system' in refuse(mode, tmp_path, Net(), load_from=path)
    assert not trace.exists()


def test_training_from_scratch_is_said(tmp_path, log):
    run('train', tmp_path, Net())
    assert log.text.count(SCRATCH) == 1


def test_nothing_to_resume_is_training_from_scratch(tmp_path, log):
    run('train', tmp_path, Net(), resume=True)
    assert log.text.count(SCRATCH) == 1


def test_a_pretrained_backbone_is_not_training_from_scratch(tmp_path, log):
    run('train', tmp_path, Net(pretrained='weights.pth'))
    assert SCRATCH not in log.text


def test_a_pretrained_initialisation_of_the_network(tmp_path, log):
    source = Net(classes=4)
    path = save(source, tmp_path / 'source.pth')
    cfg = dict(type='Pretrained', checkpoint=str(path))
    run('train', tmp_path, Net(init_cfg=cfg))
    assert SCRATCH not in log.text
    assert f'2 {HEADS}' in log.text
    message = refuse('train', tmp_path, Net(width=5, init_cfg=cfg))
    assert 'backbone.layer.weight has the shape (2, 1)' in message


def test_evaluation_does_not_read_the_initialisation(tmp_path):
    cfg = dict(type='Pretrained', checkpoint='gone.pth')
    path = save(Net(), tmp_path / 'own.pth')
    model = Net(init_cfg=cfg)
    run('test', tmp_path, model, load_from=path)
    saved = torch.load(path)['state_dict']
    assert torch.equal(model.head.weight, saved['head.weight'])
