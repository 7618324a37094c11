"""What a rank tells and knows; tests/faults/test_hang.py has ranks that hang."""

import copy
import os
import time
from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.registry import HOOKS
from torch import nn
from torch.distributed import HashStore

from mmseg_hrvit.engine.exit_codes import HANG
from mmseg_hrvit.engine.heartbeats import Beat, Heartbeats
from mmseg_hrvit.engine.hooks import hang_watch
from mmseg_hrvit.engine.hooks.hang_watch import HangWatchHook, describe_hang
from ranks import Ranks
from trainings import train

BEATS = {
    0: Beat(9, 'in the backward pass'),
    1: Beat(7, 'loading a batch'),
    2: Beat(7, 'saving'),
}


@pytest.mark.parametrize(
    ('hanging', 'message'),
    [
        ([1], 'rank 1 (loading a batch) hangs: the other ranks have waited for 5 s'),
        ([1, 2], 'rank 1 (loading a batch), rank 2 (saving) hang: the other ranks'),
        ([0, 1, 2], 'no rank has made progress for 5 s: rank 0 (in the backward pass)'),
    ],
)
def test_ranks_that_hang_are_named(hanging, message):
    assert describe_hang(BEATS, hanging, 5.0).startswith(message)


def test_a_store_that_does_not_answer_is_named():
    message = describe_hang(BEATS, [1, 2], 5.0, is_silent=True)
    assert message.startswith('rank 0 (in the backward pass), or the launcher')


class Looks:
    """Stands in for the wait between two looks, which takes no time."""

    def __init__(self, number):
        self.left = number

    def wait(self, period):
        self.left -= 1
        return self.left < 0

    def set(self):
        pass


class Still:
    """Beats of ranks that stand still."""

    rank = 0
    waits = False

    def seen(self):
        return BEATS


@pytest.mark.parametrize('looks, ends', [(5, 0), (7, 1)])
def test_looks_count_and_not_the_clock(monkeypatch, capsys, looks, ends):
    """A job that was stopped for an hour has gone on an hour later."""
    statuses = []
    monkeypatch.setattr(hang_watch, 'exit_at_once', statuses.append)
    hook = HangWatchHook(timeout=10.0)  # looks every 2.5 seconds
    hook.stopped, hook.beats = Looks(looks), Still()
    clock = iter(range(0, 10**6, 3600))
    monkeypatch.setattr(time, 'monotonic', lambda: next(clock))
    hook._watch()
    assert len(statuses) >= ends
    assert bool(statuses) == bool(ends)
    assert ('rank 1 (loading a batch), rank 2' in capsys.readouterr().err) == bool(ends)


def test_it_leaves_the_network_as_it_was(monkeypatch):
    """A copy of the network is tested later, and a second training is watched too."""
    monkeypatch.setattr(hang_watch, 'get_dist_info', lambda: (0, 2))
    model = nn.Linear(1, 1)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), 0.1))
    runner = SimpleNamespace(model=model, optim_wrapper=wrapper)
    hook = HangWatchHook(timeout=60.0)
    monkeypatch.setattr(
        hang_watch, 'Heartbeats', lambda *args: Heartbeats(*args, store=HashStore())
    )
    for _ in range(2):
        hook.before_train(runner)
        assert not hook.stopped.is_set()
        model(torch.ones(1))
        assert hook.beats.own.doing == 'in the backward pass'
        hook.after_train(runner)
        assert hook.stopped.is_set()
        copy.deepcopy(model)
        assert not wrapper.optimizer._optimizer_step_pre_hooks


@HOOKS.register_module()
class SleepHook(Hook):
    """Lets a rank hang in an iteration."""

    priority = 'HIGHEST'

    def before_train_iter(self, runner, **_):
        if os.environ['RANK'] == '1' and runner.iter == 2:
            time.sleep(600)


def hang_in_a_rank(folder):
    watch = dict(type='mmseg_hrvit.HangWatchHook', timeout=2.0)
    train(folder, max_iters=6, hooks=[dict(type='SleepHook'), watch])


def test_a_rank_that_hangs_is_named(tmp_path):
    ranks = Ranks(hang_in_a_rank, tmp_path / 'work', folder=tmp_path)
    ranks.processes[0].join(100)
    assert ranks.processes[0].exitcode == HANG, ranks.said()
    ranks.stop()
    errors = [line for line in ranks.said().splitlines() if line.startswith('error')]
    assert errors == [
        'error: rank 1 (loading a batch or saving, after iteration 2) hangs: the '
        'other ranks have waited for 2 s'
    ]


def stop_in_a_rank(folder):
    watch = dict(type='mmseg_hrvit.HangWatchHook', timeout=2.0)
    train(folder, max_iters=6, hooks=[dict(type='StopHook0'), watch])


@HOOKS.register_module()
class StopHook0(Hook):
    """Stops the process that keeps the store."""

    priority = 'HIGHEST'

    def before_train_iter(self, runner, **_):
        if os.environ['RANK'] == '0' and runner.iter == 2:
            os.kill(os.getpid(), 19)


def test_the_rank_that_keeps_the_store_is_named(tmp_path):
    ranks = Ranks(stop_in_a_rank, tmp_path / 'work', folder=tmp_path)
    ranks.processes[1].join(100)
    status = ranks.processes[1].exitcode
    ranks.stop()
    assert status == HANG, ranks.said()
    assert 'error: rank 0 (' in ranks.said(1)
