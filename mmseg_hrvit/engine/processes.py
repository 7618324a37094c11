"""Starting, signalling and ending processes together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from types import FrameType

from .exit_codes import INPUT_ERROR, INTERRUPTED, PREEMPTED
from .ranks import Child

# What is sent to the processes after a signal to the launcher, and the launcher's exit
# status then. A terminal that is closed is a preemption too.
SIGNALS = {
    signal.SIGTERM: (signal.SIGTERM, PREEMPTED),
    signal.SIGUSR1: (signal.SIGUSR1, PREEMPTED),
    signal.SIGHUP: (signal.SIGTERM, PREEMPTED),
    signal.SIGINT: (signal.SIGINT, INTERRUPTED),
}
PERIOD = 0.1  # seconds between two looks at the processes
PATIENCE = 5.0  # seconds that processes get after a second Ctrl-C


class Launcher:
    """Starts processes, passes signals on to them, and ends them together.

    Inside its ``with`` block it handles the signals of ``SIGNALS``. Every process is in
    its own session, so Ctrl-C reaches it only once, through the launcher.

    Args:
        grace (float): Seconds that processes have to save after a signal, before they
            are killed.
    """

    def __init__(self, grace: float) -> None:
        self.grace = grace
        self.stopped_by: signal.Signals | None = None  # the first signal
        self._received: list[int] = []
        self._interrupts = 0
        self._handlers: dict[int, Callable | int | None] = {}

    def __enter__(self) -> 'Launcher':
        for number in SIGNALS:
            # nohup ignores SIGHUP, and means it. A shell's `&` ignores SIGINT.
            is_nohup = number == signal.SIGHUP
            if not (is_nohup and signal.getsignal(number) is signal.SIG_IGN):
                self._handlers[number] = signal.signal(number, self._receive)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return self

    def __exit__(self, *_: object) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received.append(number)

    def run(self, children: Sequence[Child]) -> int:
        """Starts processes and waits for their end.

        The first one that fails ends the others.

        Args:
            children (Sequence[Child]): The processes, in the order of their ranks.

        Returns:
            int: 0, or the exit status of the first process that failed; 128 + N if
            signal N ended it.
        """
        self._note_signals()
        if self.stopped_by is not None:
            return 128 + self.stopped_by
        processes = [
            subprocess.Popen(child.command, env=child.environ, start_new_session=True)
            for child in children
        ]
        grace = 0.0
        try:
            failed = self._watch(processes)
            grace = self.grace if any(failed) else 0.0
        finally:
            self._end(processes, grace)
        rank, status = first_failure(
            failed if any(failed) else [process.returncode for process in processes]
        )
        if status < 0:
            status = 128 - status
            if self.stopped_by is None:
                print_ended(rank, status, len(children))
        return status

    def exit_status(self, status: int) -> int:
        """Returns the exit status of the launcher.

        Args:
            status (int): That of the processes.

        Returns:
            int: That of a signal to the launcher, unless the run had ended already, or
            ended because of a mistake.
        """
        if self.stopped_by is None or status in (0, INPUT_ERROR):
            return status
        return SIGNALS[self.stopped_by][1]

    def _watch(self, processes: Sequence[subprocess.Popen]) -> list[int | None]:
        """Passes signals on until a process has failed or all have ended."""
        end = float('inf')
        while time.monotonic() < end:
            for number in self._note_signals():
                for process in processes:
                    process.send_signal(SIGNALS[number][0])
                wait = PATIENCE if self._interrupts > 1 else self.grace
                end = min(end, time.monotonic() + wait)
            statuses = [process.poll() for process in processes]
            if any(statuses) or None not in statuses:
                return statuses
            time.sleep(PERIOD)
        return []

    def _note_signals(self) -> list[int]:
        received, self._received = self._received, []
        self._interrupts += received.count(signal.SIGINT)
        if received and self.stopped_by is None:
            self.stopped_by = signal.Signals(received[0])
        return received

    def _end(self, processes: Sequence[subprocess.Popen], grace: float) -> None:
        """Ends the remaining processes: first with SIGTERM, then with SIGKILL."""
        left = [process for process in processes if process.poll() is None]
        for process in left:
            process.terminate()
        end = time.monotonic() + grace
        while left and time.monotonic() < end:
            if signal.SIGINT in self._note_signals():
                break
            time.sleep(PERIOD)
            left = [process for process in left if process.poll() is None]
        for process in left:
            os.killpg(process.pid, signal.SIGKILL)  # with its data loaders
            process.wait()


def first_failure(statuses: Iterable[int | None]) -> tuple[int, int]:
    """Finds the process that made a run fail; others may fail as a result.

    Args:
        statuses (Iterable[int | None]): Exit statuses of all ranks, as in
            ``subprocess``.

    Returns:
        tuple[int, int]: Its rank and its status; status 0 if none has failed.
    """
    failed = [(rank, status) for rank, status in enumerate(statuses) if status]

    def weight(pair: tuple[int, int]) -> tuple[bool, bool, bool]:
        # A crash with 1 is what the loss of another process looks like.
        return pair[1] == 1, pair[1] != INPUT_ERROR, pair[1] > 0

    return min(failed, key=weight, default=(0, 0))


def print_ended(rank: int, status: int, count: int) -> None:
    """Names a process that a signal has ended, because it could not do so itself."""
    name = signal.Signals(status - 128).name
    who = f'rank {rank}' if count > 1 else 'the process'
    is_killed = status == 128 + signal.SIGKILL
    hint = ' (usually by the out-of-memory killer)' if is_killed else ''
    print(f'error: {who} was ended by {name}{hint}', file=sys.stderr, flush=True)
