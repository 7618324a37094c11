"""A hook that saves and exits when the cluster takes the machine back."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType

import torch
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import EMAHook, Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import distributed
from torch.utils.data import DataLoader

from mmseg_hrvit.engine.launch import told_to_stop
from mmseg_hrvit.engine.stop_reason import write_stop_reason

from .durable_checkpoint import DurableCheckpointHook

PREEMPTED = 75  # exit status; EX_TEMPFAIL, "try again later"
SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


@HOOKS.register_module()
class PreemptionHook(Hook):
    """Saves and exits after SIGTERM or SIGUSR1, whichever rank it reached.

    The ranks vote on it in every iteration, beside the training: the vote starts
    before a step and is counted after it. So the run ends with the iteration that
    follows the signal, or the one after if gradients are being accumulated. In a
    validation it ends at once, and the validation is made up for later. The exit
    status is ``PREEMPTED``.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._noticed = False
        self._group = None
        self._ballot = None
        self._vote = None
        self._handlers = {}

    def before_train(self, runner: Runner) -> None:
        """Listens to the signals from here on, and keeps them off the workers.

        Args:
            runner (Runner): The runner of the training.
        """
        if get_world_size() > 1:
            # On the CPU: the GPU need not be waited for.
            self._group = distributed.new_group(backend='gloo')
        for loader in loaders(runner):
            loader.worker_init_fn = partial(shielded, loader.worker_init_fn)
        self._handlers = {
            number: signal.signal(number, self._notice) for number in SIGNALS
        }

    def _notice(self, number: int, frame: FrameType | None) -> None:
        self._noticed = True
        told_to_stop.set()

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
            SystemExit: With ``PREEMPTED``.
        """
        if self._count_vote() and runner.optim_wrapper.should_update():
            self._leave(runner, runner.iter + 1)

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
            SystemExit: With ``PREEMPTED``.
        """
        if self._votes_in_val(runner, batch_idx) and self._count_vote():
            self._leave(runner, runner.iter)

    def _votes_in_val(self, runner: Runner, batch_idx: int) -> bool:
        """Whether all ranks have this batch, and the network is the trained one."""
        is_averaged = any(isinstance(hook, EMAHook) for hook in runner.hooks)
        if not self._handlers or is_averaged:
            return False
        loader = runner.val_dataloader
        share = len(loader.dataset) // get_world_size()
        return batch_idx < share // loader.batch_sampler.batch_size

    def _start_vote(self) -> None:
        self._ballot = torch.tensor(self._noticed, dtype=torch.uint8)
        if self._group is not None:
            self._vote = distributed.all_reduce(
                self._ballot, distributed.ReduceOp.MAX, self._group, async_op=True
            )

    def _count_vote(self) -> bool:
        if self._vote is not None:
            self._vote.wait()
        return bool(self._ballot)

    def _leave(self, runner: Runner, step: int) -> None:
        for hook in runner.hooks:
            if isinstance(hook, DurableCheckpointHook):
                hook.save_now(runner, step)
        if is_main_process():
            write_stop_reason(runner.work_dir, 'preempted')
        runner.logger.warning(f'stopped by a signal after iteration {step}')
        if self._group is not None:
            distributed.barrier(self._group)  # the launcher stops all with the first
        raise SystemExit(PREEMPTED)

    def after_train(self, runner: Runner) -> None:
        """Leaves the signals to whom they were before.

        Args:
            runner (Runner): The runner of the training.
        """
        while self._handlers:
            signal.signal(*self._handlers.popitem())


def loaders(runner: Runner) -> Iterator[DataLoader]:
    """Yields the data loaders of a training and of its validation."""
    yield runner.train_dataloader
    if runner.val_loop is not None:
        yield runner.val_dataloader


def shielded(init: Callable[[int], None] | None, worker_id: int) -> None:
    """Starts a worker that ends when its process says so, and not by other signals.

    A cluster signals all processes of a job. Without workers, the batch that is on
    its way would not come.

    Args:
        init (Callable, optional): What else to do in the worker.
        worker_id (int): Its number.
    """
    if hasattr(signal, 'sigwaitinfo'):  # not on macOS
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        threading.Thread(target=wait_for_parent, daemon=True).start()
    if init is not None:
        init(worker_id)


def wait_for_parent() -> None:
    """Exits at the first SIGTERM from the process that this one works for."""
    while True:
        info = signal.sigwaitinfo(SIGNALS)
        if info.si_signo == signal.SIGTERM and info.si_pid == os.getppid():
            os._exit(0)
