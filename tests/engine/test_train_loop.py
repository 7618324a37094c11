import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from trainings import make_runner, train


@HOOKS.register_module()
class KillHook(Hook):
    """Ends the run in the middle of things."""

    priority = 'LOWEST'

    def __init__(self, stage, iteration):
        self.stage = stage
        self.iteration = iteration

    def _kill(self, runner, **_):
        if runner.iter == self.iteration:
            raise KeyboardInterrupt

    def before_train_iter(self, runner, **options):
        if self.stage == 'train':
            self._kill(runner)

    def before_val_iter(self, runner, **options):
        if self.stage == 'val':
            self._kill(runner)


def weights(runner):
    return [p.detach().clone() for p in runner.model.parameters()]


def train_twice(folder, stage, iteration, scores, **options):
    kill = dict(type='KillHook', stage=stage, iteration=iteration)
    options = dict(max_iters=6, scores=scores, **options)
    with pytest.raises(KeyboardInterrupt):
        train(folder, hooks=[kill], **options)
    return make_runner(folder, resume=True, **options)


@pytest.mark.parametrize(
    'stage, iteration, scores',
    [
        ('train', 3, ()),
        ('train', 4, ()),
        ('train', 3, (1, 2, 3)),
        ('train', 4, (1, 2, 3)),
        ('val', 4, (1, 2, 3)),
    ],
)
def test_a_resumed_run_ends_with_the_same_weights(tmp_path, stage, iteration, scores):
    untouched = weights(train(tmp_path / 'untouched', max_iters=6, scores=scores))
    resumed = train_twice(tmp_path / 'killed', stage, iteration, scores)
    resumed.train()
    assert all(map(torch.equal, weights(resumed), untouched))


@pytest.mark.parametrize('seed', [None, 3])
@pytest.mark.parametrize('num_batches', [None, 1])
def test_the_seed_may_come_with_the_checkpoint(tmp_path, seed, num_batches):
    """As under mmseg's train.py, where the config alone says that it is resumed."""
    loader = dict(
        dataset=dict(type='Numbers'),
        sampler=dict(type='DefaultSampler', shuffle=True),
        batch_size=2,
        num_batch_per_epoch=num_batches,
    )
    kill = dict(type='KillHook', stage='train', iteration=3)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / 'killed', max_iters=8, hooks=[kill], seed=None, loader=loader)
    options = dict(max_iters=8, loader=loader)
    resumed = train(tmp_path / 'killed', resume=True, seed=seed, **options)
    untouched = train(tmp_path / 'untouched', seed=resumed.seed, **options)
    assert all(map(torch.equal, weights(resumed), weights(untouched)))


@pytest.mark.parametrize(
    'stage, iteration, left',
    [('val', 4, 2), ('val', 6, 1), ('train', 5, 1)],
)
def test_a_validation_is_neither_lost_nor_done_twice(tmp_path, stage, iteration, left):
    resumed = train_twice(tmp_path, stage, iteration, scores=(1, 2, 3))
    resumed.train()
    assert len(resumed.val_loop.evaluator.metrics[0].scores) == 3 - left


def test_a_validation_that_a_later_interval_makes_due_is_not_lost(tmp_path):
    loop = dict(
        type='mmseg_hrvit.ResumableTrainLoop',
        max_iters=5,
        val_interval=100,
        dynamic_intervals=[(4, 4)],
    )
    resumed = train_twice(tmp_path, 'val', 4, scores=(1, 2, 3), loop=loop)
    resumed.train()
    # The one that was not done, and the last one.
    assert len(resumed.val_loop.evaluator.metrics[0].scores) == 3 - 2
