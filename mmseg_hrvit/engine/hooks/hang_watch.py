"""A hook that ends a run of several processes when one hangs, and names it."""

import atexit
import sys
from threading import Event, Thread

from mmengine.dist import get_dist_info
from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import nn

from mmseg_hrvit.engine.exit_codes import HANG
from mmseg_hrvit.engine.exits import exit_at_once
from mmseg_hrvit.engine.heartbeats import Beat, Heartbeats
from mmseg_hrvit.engine.optim_wrappers import optim_wrappers
from mmseg_hrvit.models.wrappers import bare


@HOOKS.register_module()
class HangWatchHook(Hook):
    """Ends a run in which no rank makes progress, and names the rank that hangs.

    If a rank hangs, the others wait in a collective operation, whose own timeout does
    not name the culprit. With this hook, each rank tells the others every few seconds
    its progress, through the store of the process group. If no rank makes progress for
    ``timeout``, those that are furthest behind are the ones that hang. The hook does
    not watch a run of one process. The time in which a whole job is suspended does not
    count.

    If one rank alone needs longer for a task, such as writing a checkpoint, raise the
    timeout.

    Args:
        timeout (float): Seconds without progress, below the ten minutes after which
            NCCL aborts. Defaults to 300.0.
    """

    def __init__(self, timeout: float = 300.0) -> None:
        self.timeout = timeout
        self.period = min(5.0, timeout / 4)  # seconds between two checks
        self.stopped = Event()
        self.beats = None
        self.handles = []

    def before_train(self, runner: Runner) -> None:
        """Starts to watch.

        Args:
            runner (Runner): The runner of the training.
        """
        rank, world_size = get_dist_info()
        if world_size == 1:
            return
        self.stopped.clear()
        self.beats = Heartbeats(rank, world_size, self.period)
        self._go_on('waiting for its first batch')
        # Ranks wait for each other after the loss, and on GPUs after the step. So a
        # waiting rank has made more progress than the one that hangs.
        self.handles = [bare(runner.model).register_forward_hook(self._after_forward)]
        for wrapper in optim_wrappers(runner):
            hook = wrapper.optimizer.register_step_pre_hook(self._before_step)
            self.handles.append(hook)
        self.beats.start()
        Thread(target=self._watch, name='hang watch', daemon=True).start()
        atexit.register(self._stop)  # the thread must end before Python exits

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
        self._go_on(f'loading a batch or saving, after iteration {runner.iter + 1}')

    def after_val_iter(self, runner: Runner, batch_idx: int, **_: object) -> None:
        """Notes that the rank has evaluated a batch."""
        self._go_on(f'evaluating, after batch {batch_idx + 1}')

    def after_train(self, runner: Runner) -> None:
        """Stops watching, and leaves the network as it was."""
        self._stop()
        while self.handles:
            self.handles.pop().remove()

    def _stop(self) -> None:
        self.stopped.set()
        if self.beats is not None:
            self.beats.stop()

    def _after_forward(self, module: nn.Module, *_: object) -> None:
        if module.training:
            self._go_on('in the backward pass')

    def _before_step(self, *_: object) -> None:
        self._go_on('in the optimizer, or waiting for its GPU')

    def _go_on(self, doing: str) -> None:
        if self.beats is not None:
            self.beats.go_on(doing)

    def _watch(self) -> None:
        seen, quiet = {}, 0.0
        # Counts checks, not seconds, so the time of a suspended job does not count.
        while not self.stopped.wait(self.period):
            now = self.beats.seen()
            seen, quiet = (now, 0.0) if now != seen else (seen, quiet + self.period)
            if quiet > self.timeout:
                self._end(seen)

    def _end(self, seen: dict[int, Beat]) -> None:
        """Ends this process; one of the waiting ranks prints the reason."""
        last = min(beat.steps for beat in seen.values())
        hanging = [rank for rank in seen if seen[rank].steps == last]
        waiting = [rank for rank in seen if rank not in hanging]
        # If the store does not answer, the rank that keeps it (rank 0) hangs.
        teller = min(seen.keys() - {0}) if self.beats.waits else (waiting or hanging)[0]
        if self.beats.rank == teller:
            message = describe_hang(seen, hanging, self.timeout, self.beats.waits)
            print(f'error: {message}', file=sys.stderr, flush=True)
        elif self.stopped.wait(2 * self.period):  # so that rank ends first
            return
        exit_at_once(HANG)


def describe_hang(
    beats: dict[int, Beat], hanging: list[int], timeout: float, is_silent: bool = False
) -> str:
    """Names the ranks that hang.

    Args:
        beats (dict[int, Beat]): The progress of each rank.
        hanging (list[int]): The ranks with the least progress.
        timeout (float): Time without progress, in seconds.
        is_silent (bool): Whether the store of the process group does not answer, so
            that the progress of the other ranks is not known. Defaults to False.

    Returns:
        str: One line.
    """
    if is_silent:
        return (
            f'rank 0 ({beats[0].doing}), or the launcher that keeps the store of the '
            f'process group, has not answered for {timeout:g} s'
        )
    names = ', '.join(f'rank {rank} ({beats[rank].doing})' for rank in hanging)
    if len(hanging) == len(beats):
        return f'no rank has made progress for {timeout:g} s: {names}'
    verb = 'hangs' if len(hanging) == 1 else 'hang'
    return f'{names} {verb}: the other ranks have waited for {timeout:g} s'
