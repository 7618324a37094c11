import cProfile

import torch
from mmengine.config import Config

from data import write_tiny_config
from mmseg_hrvit.analysis.hook_times import HookTimes, seconds_in_hooks, time_hooks
from mmseg_hrvit.engine.finite_step import any_not_finite
from mmseg_hrvit.engine.hooks.finite_check import multiply_by_failure


def test_a_training_is_timed_and_leaves_nothing(tmp_path):
    cfg = Config.fromfile(write_tiny_config(tmp_path))
    cfg.launcher = 'none'
    before = sorted(tmp_path.rglob('*'))
    times = time_hooks(cfg, 3)
    assert sorted(tmp_path.rglob('*')) == before
    assert times.steps == 3
    assert {'finite_check', 'preemption'} <= times.hook_seconds.keys()
    assert 0 < times.share < 1
    assert times.step_seconds > max(times.hook_seconds.values())


def test_calls_among_hooks_count_once():
    def step():
        multiply_by_failure([torch.ones(2), torch.ones(3)])  # calls itself
        any_not_finite([torch.ones(2)])

    profile = cProfile.Profile()
    profile.runcall(step)
    (whole,) = (e.totaltime for e in profile.getstats() if e.code is step.__code__)
    seconds = seconds_in_hooks(profile, 2)
    assert list(seconds) == ['finite_check']
    assert 0 < seconds['finite_check'] <= whole / 2


def test_share():
    assert HookTimes(1, 2.0, dict(a=0.01, b=0.03)).share == 0.02
