import os
import signal
import time

import pytest
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch.utils.data import DataLoader, Dataset

from mmseg_hrvit.engine.hooks.preemption import PREEMPTED, shielded
from mmseg_hrvit.engine.stop_reason import read_stop_reason
from trainings import train

PREEMPTION = dict(type='mmseg_hrvit.PreemptionHook')


@HOOKS.register_module()
class SignalHook(Hook):
    """Sends a signal to its process in an iteration."""

    def __init__(self, number, stage, iteration):
        self.number = number
        self.stage = stage
        self.iteration = iteration

    def before_train_iter(self, runner, **_):
        self._send(runner, 'train')

    def before_val_iter(self, runner, **_):
        self._send(runner, 'val')

    def _send(self, runner, stage):
        if (stage, runner.iter) == (self.stage, self.iteration):
            signal.raise_signal(self.number)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGUSR1])
@pytest.mark.parametrize('stage, iteration, saved', [('train', 2, 3), ('val', 4, 4)])
def test_a_signal_saves_and_exits(tmp_path, number, stage, iteration, saved):
    sends = dict(type='SignalHook', number=number, stage=stage, iteration=iteration)
    before = signal.getsignal(number)
    try:
        with pytest.raises(SystemExit) as exit:
            train(tmp_path, max_iters=6, scores=[1, 2, 3], hooks=[sends, PREEMPTION])
    finally:
        signal.signal(number, before)
    assert exit.value.code == PREEMPTED
    assert (tmp_path / 'last_checkpoint').read_text().endswith(f'iter_{saved}.pth')
    assert read_stop_reason(tmp_path) == 'preempted'


def test_a_run_without_signals_ends_as_ever(tmp_path):
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGUSR1)]
    train(tmp_path, scores=[1, 2], hooks=[PREEMPTION])
    assert (tmp_path / 'last_checkpoint').read_text().endswith('iter_4.pth')
    assert read_stop_reason(tmp_path) is None
    after = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGUSR1)]
    assert after == before


def test_accumulated_gradients_are_not_lost(tmp_path):
    sends = dict(type='SignalHook', number=signal.SIGUSR1, stage='train', iteration=3)
    before = signal.getsignal(signal.SIGUSR1)
    try:
        with pytest.raises(SystemExit):
            train(tmp_path, max_iters=9, accumulate=3, hooks=[sends, PREEMPTION])
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (tmp_path / 'last_checkpoint').read_text().endswith('iter_6.pth')


class Pids(Dataset):
    """Tells which process loads a sample, a moment later."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        time.sleep(0.2)
        return os.getpid()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGUSR1])
def test_a_worker_ends_for_its_own_process_alone(number):
    loader = DataLoader(
        Pids(),
        batch_size=None,
        num_workers=1,
        worker_init_fn=lambda worker_id: shielded(None, worker_id),
    )
    batches = iter(loader)
    worker = next(batches)
    # From another process, as a cluster's signals are.
    assert os.system(f'kill -{int(number)} {worker}') == 0
    assert [*batches] == [worker] * 3
    batches = iter(loader)
    (process,) = batches._workers
    next(batches)
    process.terminate()
    process.join(10)
    assert process.exitcode == 0
