"""A rank that hangs is named, and ends the run."""

import time

import pytest

from data import write_tiny_config
from faults.two_ranks import add_hook, read_error, set_hook, train
from mmseg_hrvit.engine.exit_codes import HANG


@pytest.mark.faults
@pytest.mark.parametrize(
    'method, doing',
    [
        ('before_train_iter', 'loading a batch or saving, after iteration 1'),
        ('after_train_iter', 'in the optimizer, or waiting for its GPU'),
    ],
)
def test_a_rank_that_hangs_is_named(tmp_path, record_property, method, doing):
    record_property('faults injected', 1)
    config = write_tiny_config(tmp_path)
    add_hook(
        config,
        f"priority = 'HIGHEST'\n"
        f'def {method}(self, runner, *args, **kwargs):\n'
        f"    if RANK == '1' and runner.iter == 1:\n"
        f'        time.sleep(600)',
    )
    started = time.monotonic()
    set_hook(config, 'HangWatchHook', timeout=8.0)
    code, _, err = train(config, 'train_cfg.max_iters=3', 'train_cfg.val_interval=3')
    assert code == HANG, err
    assert read_error(err) == (
        f'error: rank 1 ({doing}) hangs: the other ranks have waited for 8 s'
    )
    assert time.monotonic() - started < 500  # not the sleep's end


@pytest.mark.faults
def test_a_rank_that_is_stopped_is_named(tmp_path, record_property):
    record_property('faults injected', 1)
    config = write_tiny_config(tmp_path)
    add_hook(
        config,
        'def before_train_iter(self, runner, *args, **kwargs):\n'
        "    if RANK == '0' and runner.iter == 1:\n"
        '        os.kill(os.getpid(), 19)',
    )
    set_hook(config, 'HangWatchHook', timeout=8.0)
    code, _, err = train(config, 'train_cfg.max_iters=3', 'train_cfg.val_interval=3')
    assert code == HANG, err
    assert 'rank 0 (' in read_error(err)


@pytest.mark.faults
def test_a_job_that_is_paused_goes_on(tmp_path, record_property):
    """All ranks are stopped for longer than the limit, as a scheduler does it."""
    record_property('faults injected', 1)
    config = write_tiny_config(tmp_path)
    add_hook(
        config,
        'def before_train_iter(self, runner, *args, **kwargs):\n'
        '    if runner.iter == 1:\n'
        '        rank = os.getpid()\n'
        "        pause = f'sleep 3; kill -STOP {rank}; sleep 20; kill -CONT {rank}'\n"
        "        os.spawnlp(os.P_NOWAIT, 'sh', 'sh', '-c', pause)\n"
        '        time.sleep(6)',
    )
    set_hook(config, 'HangWatchHook', timeout=8.0)
    started = time.monotonic()
    code, _, err = train(config, 'train_cfg.max_iters=3', 'train_cfg.val_interval=3')
    assert code == 0, err
    assert time.monotonic() - started > 20
    assert (tmp_path / 'work/iter_3.pth').is_file()
