"""A hook that saves and exits when the cluster, or Ctrl-C, ends the run."""

import os
import signal
import sys
import threading
import time

import torch
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import CheckpointHook, EMAHook, Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import distributed

from mmseg_hrvit.engine.exit_codes import INTERRUPTED, PREEMPTED
from mmseg_hrvit.engine.exits import exit_at_once
from mmseg_hrvit.engine.optim_wrappers import is_accumulating
from mmseg_hrvit.engine.signals import SIGNALS, Notice, shield_workers
from mmseg_hrvit.engine.stop_reason import write_stop_reason

from .durable_checkpoint import DurableCheckpointHook

STATUS = {'preempted': PREEMPTED, 'interrupted': INTERRUPTED}  # by the reason
REASONS = (None, *STATUS)  # what the ranks vote for; the last one wins
SAME = 1.0  # seconds: a launcher repeats the signal that the terminal sends to all


@HOOKS.register_module()
class PreemptionHook(Hook):
    """Saves and exits after SIGTERM, SIGUSR1 or Ctrl-C on any rank.

    The ranks vote in each iteration, in parallel with the training: the vote starts
    before a step and ends after it. So the run ends with the iteration that follows the
    signal, or a later one while gradients are being accumulated. A validation ends at
    once, and the resumed run repeats it. The exit status is ``PREEMPTED``, or
    ``INTERRUPTED`` after Ctrl-C (SIGINT). A second Ctrl-C ends the process without
    saving.

    Each ``CheckpointHook`` that counts iterations saves. A training that counts epochs
    does not save within an epoch: it resumes after the last complete one.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._noticed = None
        self._interrupted_at = None
        self._group = None
        self._ballot = None
        self._vote = None
        self._handlers = {}
        self._is_training = False

    def before_train(self, runner: Runner) -> None:
        """Handles the signals from here on, and shields the workers from them.

        Args:
            runner (Runner): The runner of the training. In a separate thread it gets no
                signals, because Python gives them to the main thread.
        """
        if get_world_size() > 1:
            # On the CPU, so that no vote waits for a GPU.
            self._group = distributed.new_group(backend='gloo')
        shield_workers(runner)
        if threading.current_thread() is threading.main_thread():
            notice = Notice(self._notice)
            for number in SIGNALS:
                # A background script ignores the Ctrl-C of its shell.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._handlers[number] = signal.signal(number, notice)
        else:
            runner.logger.warning(
                'training runs in a thread, where signals do not arrive: nothing saves '
                'the run if it is stopped'
            )
        self._is_training = True

    def _notice(self, number: int) -> None:
        if number == signal.SIGINT:
            self._interrupt()
        elif self._noticed is None:
            self._noticed = 'preempted'

    def _interrupt(self) -> None:
        now = time.monotonic()
        if self._interrupted_at is None:
            self._interrupted_at = now
            self._noticed = 'interrupted'
            say('interrupted: the run saves and stops; Ctrl-C again stops it at once')
        elif now - self._interrupted_at > SAME:
            say('stopped at once: what came after the last checkpoint is lost')
            exit_at_once(INTERRUPTED)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Starts a vote.

        Args:
            runner (Runner): The runner of the training.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): The batch.
        """
        self._start_vote()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Counts the vote, and saves and exits if any rank got a signal.

        Args:
            runner (Runner): The runner of the training.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): The batch.
            outputs (dict, optional): The losses.

        Raises:
            SystemExit: With ``PREEMPTED`` or ``INTERRUPTED``.
        """
        reason = self._count_vote()
        if reason and not is_accumulating(runner):
            self._leave(runner, runner.iter + 1, reason)

    def before_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Starts a vote, in a validation during training.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): The batch.
        """
        if self._votes_in_val(runner, batch_idx):
            self._start_vote()

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: list | None = None,
    ) -> None:
        """Counts the vote, and saves and exits if any rank got a signal.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): The batch.
            outputs (list, optional): The predictions.

        Raises:
            SystemExit: With ``PREEMPTED`` or ``INTERRUPTED``.
        """
        reason = self._votes_in_val(runner, batch_idx) and self._count_vote()
        if reason:
            self._leave(runner, runner.iter, reason)

    def _votes_in_val(self, runner: Runner, batch_idx: int) -> bool:
        """Whether all ranks have this batch, and the network is the trained one."""
        is_averaged = any(isinstance(hook, EMAHook) for hook in runner.hooks)
        if not self._is_training or is_averaged:
            return False
        loader = runner.val_dataloader
        share = len(loader.dataset) // get_world_size()
        return batch_idx < share // loader.batch_sampler.batch_size

    def _start_vote(self) -> None:
        self._ballot = torch.tensor(REASONS.index(self._noticed), dtype=torch.uint8)
        if self._group is not None:
            self._vote = distributed.all_reduce(
                self._ballot, distributed.ReduceOp.MAX, self._group, async_op=True
            )

    def _count_vote(self) -> str | None:
        if self._vote is not None:
            self._vote.wait()
        return REASONS[int(self._ballot)]

    def _leave(self, runner: Runner, step: int, reason: str) -> None:
        hooks = [hook for hook in runner.hooks if isinstance(hook, CheckpointHook)]
        saved = [save_now(hook, runner, step) for hook in hooks]
        if is_main_process():
            write_stop_reason(runner.work_dir, reason)
        runner.logger.warning(describe_stop(reason, step, any(saved)))
        if self._group is not None:
            distributed.barrier(self._group)  # one exit makes the launcher stop all
        raise SystemExit(STATUS[reason])

    def after_train(self, runner: Runner) -> None:
        """Restores the earlier signal handlers.

        Args:
            runner (Runner): The runner of the training.
        """
        self._is_training = False
        while self._handlers:
            signal.signal(*self._handlers.popitem())


def save_now(hook: CheckpointHook, runner: Runner, step: int) -> bool:
    """Makes a hook save at once. All ranks have to call it.

    Args:
        hook (CheckpointHook): The hook.
        runner (Runner): The runner of the training.
        step (int): How many iterations are done.

    Returns:
        bool: Whether it saves between two epochs.
    """
    if hook.by_epoch:
        return False
    if isinstance(hook, DurableCheckpointHook):
        hook.save_now(runner, step)
    else:
        meta = dict(epoch=runner.epoch, iter=step)
        hook._save_checkpoint_with_step(runner, step, meta)
    return True


def describe_stop(reason: str, step: int, is_saved: bool) -> str:
    """Says in one line how a run has ended, and how to resume it."""
    if is_saved:
        saved = f'{reason} after iteration {step}, which is saved'
        return f'{saved}; continue with --resume'
    return (
        f'{reason} after iteration {step}, which is not saved: no checkpoint hook '
        'counts iterations; continue from the last checkpoint with --resume'
    )


def say(text: str) -> None:
    """Prints a line on rank 0, from a signal handler, where a logger may be busy."""
    if is_main_process():
        os.write(sys.stderr.fileno(), f'{text}\n'.encode())
