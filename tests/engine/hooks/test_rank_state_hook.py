import logging
import random
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub
from torch import nn

from mmseg_hrvit import RankStateHook
from mmseg_hrvit.engine.hooks import rank_state


def make_runner(name, iteration=0):
    return SimpleNamespace(
        model=nn.Linear(1, 1),
        message_hub=MessageHub.get_instance(name),
        iter=iteration,
        logger=logging.getLogger(name),
    )


def draw():
    return random.random(), torch.rand(1).item()


def test_the_first_iteration_draws_on(tmp_path):
    runner = make_runner(tmp_path.name, iteration=4)
    rank_state.gather_states(runner)
    expected = draw(), draw()
    hook = RankStateHook()
    hook.before_train(runner)
    draw()  # the data loader starts its workers
    hook.before_train_iter(runner, 4)
    first = draw()
    hook.before_train_iter(runner, 5)
    assert (first, draw()) == expected


def test_a_new_run_keeps_its_states(tmp_path):
    runner = make_runner(tmp_path.name)
    rank_state.gather_states(runner)
    old = draw()
    hook = RankStateHook()
    hook.before_train(runner)
    hook.before_train_iter(runner, 0)
    assert draw() != old


def test_validation_leaves_no_trace(tmp_path):
    runner = make_runner(tmp_path.name)
    hook = RankStateHook()
    hook.before_val_epoch(runner)
    draw()
    hook.after_val_iter(runner, 0)
    first = draw()
    hook.after_val_iter(runner, 1)
    assert draw() == first


def test_a_validation_before_training_has_the_states_too(tmp_path):
    runner = make_runner(tmp_path.name, iteration=4)
    rank_state.gather_states(runner)
    expected = draw()
    hook = RankStateHook()
    hook.before_train(runner)
    hook.before_val_epoch(runner)
    assert draw() == expected


@pytest.mark.parametrize('processes', [1, 2])
def test_another_number_of_processes_is_told(tmp_path, caplog, processes):
    runner = make_runner(tmp_path.name, iteration=4)
    rank_state.gather_states(runner)
    states = runner.message_hub.get_info(rank_state.RANK_STATES) * processes
    runner.message_hub.update_info(rank_state.RANK_STATES, states)
    RankStateHook().before_train(runner)
    assert ('not bit for bit' in caplog.text) == (processes == 2)


def test_a_rank_gets_its_own_buffers_back(tmp_path, monkeypatch):
    runner = make_runner(tmp_path.name, iteration=4)
    runner.model = nn.Sequential(nn.BatchNorm1d(2))
    monkeypatch.setattr(rank_state, 'get_world_size', lambda: 2)
    monkeypatch.setattr(rank_state, 'get_rank', lambda: 1)
    own = {'0.running_mean': torch.full((2,), 7.0)}
    states = [dict(random={}, buffers=buffers) for buffers in ({}, own)]
    runner.message_hub.update_info(rank_state.RANK_STATES, states)
    RankStateHook().before_train(runner)
    assert runner.model[0].running_mean.tolist() == [7.0, 7.0]
