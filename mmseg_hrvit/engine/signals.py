"""Signals that end a run, and workers of data loaders that ignore them."""

import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType

from mmengine.runner import Runner

# Windows has no SIGUSR1.
SIGNALS = tuple(
    getattr(signal, name)
    for name in ('SIGINT', 'SIGTERM', 'SIGUSR1')
    if hasattr(signal, name)
)
WAITED = SIGNALS[1:]  # a worker ignores SIGINT, and waits for the others


class Notice:
    """A handler of signals that knows whether one came.

    Args:
        act (Callable[[int], None]): What it does with a signal's number.
    """

    def __init__(self, act: Callable[[int], None]) -> None:
        self.act = act
        self.has_come = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal."""
        self.has_come = True
        self.act(number)


def shield_workers(runner: Runner) -> None:
    """Makes the workers of training, and of the validation in between, ignore signals.

    Args:
        runner (Runner): The runner of the training, before its workers start.
    """
    loaders = [runner.train_dataloader]
    if runner.val_loop is not None:
        loaders.append(runner.val_dataloader)
    for loader in loaders:
        loader.worker_init_fn = partial(shielded, loader.worker_init_fn)


def shielded(init: Callable[[int], None] | None, worker_id: int) -> None:
    """Starts a worker that ends only if its process says so, not by other signals.

    A cluster sends signals to all processes of a job. If they ended the workers, the
    next batch would never arrive.

    Args:
        init (Callable, optional): What else to do in the worker.
        worker_id (int): Its number.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, 'sigwaitinfo'):  # not on macOS
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED)
        threading.Thread(target=wait_for_parent, daemon=True).start()
    if init is not None:
        init(worker_id)


def wait_for_parent() -> None:
    """Exits at the first SIGTERM from the parent process."""
    while True:
        info = signal.sigwaitinfo(WAITED)
        if info.si_signo == signal.SIGTERM and info.si_pid == os.getppid():
            os._exit(0)
