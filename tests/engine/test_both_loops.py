"""What mmengine's loop, runner and EMA do, they do with ours too."""

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_hrvit import CheckedRunner
from mmseg_hrvit.checkpoints import load_from_local
from trainings import make_runner, train

EPOCHS = dict(by_epoch=True, max_epochs=2)


@pytest.fixture(params=['IterBasedTrainLoop', 'mmseg_hrvit.ResumableTrainLoop'])
def loop(request):
    """Makes the config of a training loop."""
    return lambda **options: dict(type=request.param, **options)


@pytest.fixture(params=[Runner, CheckedRunner])
def cls(request):
    """The class of a runner."""
    return request.param


@HOOKS.register_module()
class NoteHook(Hook):
    """Notes when it is called."""

    def before_run(self, runner):
        runner.notes = ['before_run']

    def __init__(self):
        for name in (
            *('before_train', 'after_train', 'before_train_epoch'),
            *('after_train_epoch', 'before_val', 'after_val', 'after_run'),
        ):
            setattr(self, name, lambda runner, n=name: runner.notes.append(n))

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        runner.notes.append((runner.iter, batch_idx, len(data_batch['inputs'])))


@HOOKS.register_module()
class EarlyHook(Hook):
    """Ends the training after the third iteration."""

    def after_train_iter(self, runner, batch_idx, **_):
        if batch_idx == 2:
            runner.train_loop.stop_training = True


def test_hooks_are_called_in_the_same_order(tmp_path, loop, cls):
    runner = train(
        tmp_path,
        loop=loop(max_iters=3, val_interval=2),
        scores=[1, 2],
        hooks=[dict(type='NoteHook')],
        cls=cls,
    )
    val = ['before_val', 'after_val']
    first, second, third = ((i, i, 2) for i in range(3))
    assert runner.notes == [
        *('before_run', 'before_train', 'before_train_epoch'),
        *(first, second, *val, third, *val),
        *('after_train_epoch', 'after_train', 'after_run'),
    ]
    assert (runner.iter, runner.epoch) == (3, 0)


@pytest.mark.parametrize(
    'options, validated',
    [
        (dict(val_interval=2), 3),
        (dict(val_interval=3), 2),
        (dict(val_interval=2, val_begin=3), 2),
        (dict(val_interval=100), 1),
        (dict(val_interval=5, dynamic_intervals=[(2, 2)]), 3),
        (dict(val_interval=1, dynamic_intervals=[(3, 4)]), 3),
    ],
)
def test_validations_are_due_when_mmengine_says(tmp_path, loop, options, validated):
    runner = train(tmp_path, loop=loop(max_iters=6, **options), scores=[*range(9)])
    left = runner.val_loop.evaluator.metrics[0].scores
    assert 9 - len(left) == validated


def test_the_interval_of_a_resumed_run_is_that_of_its_iteration(tmp_path, loop):
    options = dict(val_interval=3, dynamic_intervals=[(4, 1)])
    train(tmp_path, loop=loop(max_iters=4, **options), scores=[*range(9)])
    resumed = train(
        tmp_path,
        loop=loop(max_iters=6, **options),
        scores=[*range(9)],
        resume=True,
    )
    assert resumed.train_loop.val_interval == 1
    assert resumed.iter == 6


def test_a_hook_can_end_the_training(tmp_path, loop):
    options = dict(loop=loop(max_iters=9), hooks=[dict(type='EarlyHook')])
    assert train(tmp_path, **options).iter == 3


def test_epochs(tmp_path, cls):
    runner = train(
        tmp_path,
        loop=EPOCHS,
        scores=[1, 2],
        checkpoint=dict(by_epoch=True, interval=1),
        cls=cls,
    )
    assert (runner.epoch, runner.iter) == (2, 4)


def test_validation_and_its_result(tmp_path, cls):
    assert make_runner(tmp_path, scores=[7], cls=cls).val() == dict(score=7)


def test_what_is_needed_is_told(tmp_path, cls):
    runner = make_runner(tmp_path, cls=cls)
    with pytest.raises(RuntimeError):
        runner.val()
    with pytest.raises(RuntimeError):
        runner.test()


def test_a_config_makes_the_same_runner(tmp_path, cls):
    """Whose state is the same as well, after as many steps."""
    one = train(tmp_path / 'one', scores=[1, 2], cls=cls)
    other = train(tmp_path / 'other', scores=[1, 2])
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    'hook', ['CheckpointHook', 'mmseg_hrvit.DurableCheckpointHook']
)
def test_averaged_weights_are_saved_and_go_on(tmp_path, loop, hook):
    options = dict(
        checkpoint=dict(type=hook),
        hooks=[dict(type='EMAHook', momentum=0.5)],
    )
    train(tmp_path, loop=loop(max_iters=4), **options)
    saved = load_from_local(tmp_path / 'iter_4.pth')
    averaged, trained = saved['state_dict'], saved['ema_state_dict']
    assert not torch.equal(averaged['layer.weight'], trained['module.layer.weight'])
    runner = make_runner(tmp_path, loop=loop(max_iters=4), resume=True, **options)
    runner.train()
    (ema,) = [h for h in runner.hooks if type(h).__name__ == 'EMAHook']
    weight = ema.ema_model.module.layer.weight
    assert torch.equal(weight, averaged['layer.weight'])
    assert torch.equal(runner.model.layer.weight, trained['module.layer.weight'])
