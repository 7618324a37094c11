import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch.utils.data import DataLoader, Dataset

from mmseg_hrvit import PreemptionHook
from mmseg_hrvit.checkpoints import load_from_local
from mmseg_hrvit.engine.exit_codes import INTERRUPTED, PREEMPTED
from mmseg_hrvit.engine.hooks import preemption
from mmseg_hrvit.engine.signals import SIGNALS, shielded
from mmseg_hrvit.engine.stop_reason import read_stop_reason
from ranks import Ranks
from trainings import train

HOOK_TYPES = ('mmseg_hrvit.DurableCheckpointHook', 'CheckpointHook')
PREEMPTION = dict(type='mmseg_hrvit.PreemptionHook')
STATUS = {
    signal.SIGINT: (INTERRUPTED, 'interrupted'),
    signal.SIGTERM: (PREEMPTED, 'preempted'),
    signal.SIGUSR1: (PREEMPTED, 'preempted'),
}


@pytest.fixture(autouse=True)
def handlers():
    """Puts the handlers of signals back that a run leaves behind."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)


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


@pytest.mark.parametrize('number', STATUS)
@pytest.mark.parametrize(
    'hook', ['mmseg_hrvit.DurableCheckpointHook', 'CheckpointHook']
)
@pytest.mark.parametrize('stage, iteration, saved', [('train', 2, 3), ('val', 4, 4)])
def test_a_signal_saves_and_exits(tmp_path, number, hook, stage, iteration, saved):
    sends = dict(type='SignalHook', number=number, stage=stage, iteration=iteration)
    with pytest.raises(SystemExit) as exit:
        train(
            tmp_path,
            max_iters=6,
            scores=[1, 2, 3],
            hooks=[sends, PREEMPTION],
            checkpoint=dict(type=hook),
        )
    status, reason = STATUS[number]
    assert exit.value.code == status
    assert read_stop_reason(tmp_path) == reason
    last = (tmp_path / 'last_checkpoint').read_text()
    assert last.endswith(f'iter_{saved}.pth')
    assert load_from_local(last)['meta']['iter'] == saved
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert f'{reason} after iteration {saved}, which is saved' in log


def test_what_no_hook_saves_is_told(tmp_path):
    sends = dict(type='SignalHook', number=signal.SIGINT, stage='train', iteration=1)
    with pytest.raises(SystemExit):
        train(
            tmp_path,
            hooks=[sends, PREEMPTION],
            checkpoint=dict(type='CheckpointHook', by_epoch=True),
        )
    assert not [*tmp_path.glob('*.pth')]
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert 'interrupted after iteration 2, which is not saved' in log


def test_a_run_without_signals_ends_as_ever(tmp_path, handlers):
    train(tmp_path, scores=[1, 2], hooks=[PREEMPTION])
    assert (tmp_path / 'last_checkpoint').read_text().endswith('iter_4.pth')
    assert read_stop_reason(tmp_path) is None
    assert {number: signal.getsignal(number) for number in SIGNALS} == handlers


def test_a_training_in_a_thread(tmp_path):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(train, tmp_path, scores=[1, 2], hooks=[PREEMPTION]).result()
    assert (tmp_path / 'last_checkpoint').read_text().endswith('iter_4.pth')


def test_what_is_ignored_stays_so(tmp_path):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sends = dict(type='SignalHook', number=signal.SIGINT, stage='train', iteration=1)
    train(tmp_path, hooks=[sends, PREEMPTION])
    assert read_stop_reason(tmp_path) is None


def test_a_second_interrupt_stops_at_once(monkeypatch, capfd):
    now, status = [10.0], []
    monkeypatch.setattr(preemption.time, 'monotonic', lambda: now[0])
    monkeypatch.setattr(preemption, 'exit_at_once', status.append)
    hook = PreemptionHook()
    hook._notice(signal.SIGINT)
    now[0] += 0.5  # a launcher hands on the first one
    hook._notice(signal.SIGINT)
    assert status == []
    now[0] += 2
    hook._notice(signal.SIGINT)
    assert status == [INTERRUPTED]
    first, second = capfd.readouterr().err.splitlines()
    assert first.startswith('interrupted: the run saves and stops')
    assert second.startswith('stopped at once')


def test_accumulated_gradients_are_not_lost(tmp_path):
    sends = dict(type='SignalHook', number=signal.SIGUSR1, stage='train', iteration=3)
    with pytest.raises(SystemExit):
        train(tmp_path, max_iters=9, accumulate=3, hooks=[sends, PREEMPTION])
    assert (tmp_path / 'last_checkpoint').read_text().endswith('iter_6.pth')


@HOOKS.register_module()
class OneRankHook(SignalHook):
    """Sends a signal to the second rank; saving takes the first one long."""

    def _send(self, runner, stage):
        if os.environ['RANK'] == '1':
            super()._send(runner, stage)

    def before_save_checkpoint(self, runner, checkpoint):
        time.sleep(1)


def train_in_a_rank(folder, stage, iteration, averaged):
    sends = dict(
        type='OneRankHook', number=signal.SIGTERM, stage=stage, iteration=iteration
    )
    average = [dict(type='EMAHook')] * averaged
    train(
        folder,
        max_iters=6,
        scores=[1, 2, 3],
        hooks=[sends, PREEMPTION, *average],
        checkpoint=dict(interval=20),
    )


@pytest.mark.parametrize(
    'stage, iteration, averaged, saved',
    [
        ('train', 2, False, 3),
        # The first of one batch each.
        ('val', 2, False, 2),
        # Averaged weights take the trained ones' place in a validation.
        ('val', 2, True, 3),
    ],
)
def test_a_signal_to_one_rank_stops_all(tmp_path, stage, iteration, averaged, saved):
    args = tmp_path / 'work', stage, iteration, averaged
    ranks = Ranks(train_in_a_rank, *args, folder=tmp_path)
    ranks.processes[1].join(60)
    # It has waited for the first one to save: a launcher stops all with the first end.
    last = tmp_path / 'work/last_checkpoint'
    saved_by_then = last.read_text() if last.is_file() else None
    assert ranks.end() == [PREEMPTED] * 2, ranks.said()
    assert saved_by_then.endswith(f'iter_{saved}.pth')


def train_with_uneven_validation(folder):
    loader = dict(
        dataset=dict(type='Numbers', size=5),
        sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
        batch_size=1,
    )
    sends = dict(type='OneRankHook', number=signal.SIGTERM, stage='train', iteration=4)
    train(
        folder,
        max_iters=6,
        scores=[1, 2, 3],
        hooks=[sends, PREEMPTION],
        val_loader=loader,
    )


def test_a_batch_that_one_rank_has_alone_is_not_voted_in(tmp_path):
    ranks = Ranks(train_with_uneven_validation, tmp_path / 'work', folder=tmp_path)
    assert ranks.end() == [PREEMPTED] * 2, ranks.said()
    last = (tmp_path / 'work/last_checkpoint').read_text()
    assert last.endswith('iter_5.pth')


class Pids(Dataset):
    """Tells which process loads a sample, a moment later."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        time.sleep(0.2)
        return os.getpid()


@pytest.mark.parametrize('number', SIGNALS)
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
