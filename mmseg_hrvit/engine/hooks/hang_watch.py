"""A hook that ends a run of several processes when one hangs, and names it."""

import json
import signal
import sys
import time
from pathlib import Path
from threading import Event, Thread

from mmengine.dist import get_dist_info
from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import nn

from mmseg_hrvit.engine.launch import exit_at_once
from mmseg_hrvit.models.wrappers import bare

# Exit status, as of a process that an alarm has ended: the run is started again.
HANG = 128 + signal.SIGALRM
FOLDER = 'beats'
UNSEEN = dict(steps=-1, doing='before its first iteration')


@HOOKS.register_module()
class HangWatchHook(Hook):
    """Ends a run whose ranks all stand still, and names the one that holds them up.

    A rank that hangs leaves the others waiting in a collective operation, whose own
    timeout names nobody. Here every rank notes how far it is, and a thread of it
    writes that to a file in the run's log folder every few seconds and reads the
    files of the others. When no rank has gone on for ``timeout``, the ranks that are
    the least far are the ones that hang. A run of one process is not watched.

    The folder must be one that all machines share. Where the longest thing that a
    rank does alone, such as writing a checkpoint, takes longer, raise the timeout.

    Args:
        timeout (float): Seconds, below the ten minutes after which NCCL aborts.
            Defaults to 300.0.
    """

    def __init__(self, timeout: float = 300.0) -> None:
        self.timeout = timeout
        self.period = min(5.0, timeout / 4)  # seconds between two looks
        self.stopped = Event()
        self.beat = dict(UNSEEN)

    def before_train(self, runner: Runner) -> None:
        """Starts to watch.

        Args:
            runner (Runner): The runner of the training.
        """
        self.rank, self.world_size = get_dist_info()
        if self.world_size == 1:
            return
        self.folder = Path(runner.log_dir, FOLDER)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._go_on('waiting for its first batch')
        # Where the ranks wait for each other is behind the loss, and on GPUs behind
        # the step: those that wait are further than the one they wait for.
        bare(runner.model).register_forward_hook(self._after_forward)
        runner.optim_wrapper.optimizer.register_step_pre_hook(self._before_step)
        Thread(target=self._watch, name='hang watch', daemon=True).start()

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: DATA_BATCH = None
    ) -> None:
        """Notes that the rank has its batch."""
        self._go_on(f'in the forward pass of iteration {runner.iter + 1}')

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: DATA_BATCH = None,
        outputs: dict | None = None,
    ) -> None:
        """Notes that the rank has finished an iteration."""
        self._go_on(f'loading a batch or saving, behind iteration {runner.iter + 1}')

    def after_val_iter(self, runner: Runner, batch_idx: int, **_: object) -> None:
        """Notes that the rank has evaluated a batch."""
        self._go_on(f'evaluating, behind batch {batch_idx + 1}')

    def after_train(self, runner: Runner) -> None:
        """Stops to watch."""
        self.stopped.set()

    def _after_forward(self, module: nn.Module, *_: object) -> None:
        if module.training:
            self._go_on('in the backward pass')

    def _before_step(self, *_: object) -> None:
        self._go_on('in the optimizer, or waiting for its GPU')

    def _go_on(self, doing: str) -> None:
        self.beat = dict(steps=self.beat['steps'] + 1, doing=doing)

    def _watch(self) -> None:
        beats, since = {}, time.monotonic()
        while not self.stopped.wait(self.period):
            write_beat(self.folder, self.rank, self.beat)
            now = {
                rank: read_beat(self.folder, rank) for rank in range(self.world_size)
            }
            if now != beats:
                beats, since = now, time.monotonic()
            elif time.monotonic() - since > self.timeout:
                self._end(beats)

    def _end(self, beats: dict[int, dict]) -> None:
        """Ends this process; one of those that wait tells why."""
        last = min(beat['steps'] for beat in beats.values())
        hanging = [rank for rank, beat in beats.items() if beat['steps'] == last]
        waiting = [rank for rank in beats if rank not in hanging]
        if self.rank == (waiting or hanging)[0]:
            message = describe_hang(beats, hanging, self.timeout)
            print(f'error: {message}', file=sys.stderr, flush=True)
        elif self.stopped.wait(2 * self.period):  # lets that one be the first to end
            return
        exit_at_once(HANG)


def describe_hang(beats: dict[int, dict], hanging: list[int], timeout: float) -> str:
    """Names the ranks that hang.

    Args:
        beats (dict[int, dict]): How far each rank is.
        hanging (list[int]): Those that are the least far.
        timeout (float): For how long none has gone on, in seconds.

    Returns:
        str: One line.
    """
    names = ', '.join(f'rank {rank} ({beats[rank]["doing"]})' for rank in hanging)
    if len(hanging) == len(beats):
        return f'no rank has gone on for {timeout:g} s: {names}'
    verb = 'hangs' if len(hanging) == 1 else 'hang'
    return f'{names} {verb}: the other ranks have waited for {timeout:g} s'


def write_beat(folder: Path, rank: int, beat: dict) -> None:
    """Writes how far a rank is; on a full disk the others see its last word."""
    aside = folder / f'{rank}.partial'
    try:
        aside.write_text(json.dumps(beat))
        aside.replace(folder / str(rank))
    except OSError:
        pass


def read_beat(folder: Path, rank: int) -> dict:
    """Reads how far a rank is."""
    try:
        return json.loads((folder / str(rank)).read_text())
    except OSError:
        return UNSEEN
