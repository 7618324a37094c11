"""Functions of a test in several processes, which are joined as those of a run are.

They are forked from a process that has imported everything, so that they start in
moments.
"""

import os
import signal
import socket
import sys
import time
from multiprocessing import get_context

import torch
from torch import distributed

from mmseg_hrvit.engine.exits import one_line_errors

PATIENCE = 120  # seconds for anything that takes a moment
CONTEXT = get_context('forkserver')
CONTEXT.set_forkserver_preload(['mmseg_hrvit', 'mmseg.engine', 'mmseg.visualization'])


class Ranks:
    """Processes that run the same function.

    Args:
        function (Callable): Of a module; called with the arguments.
        *args (object): The arguments.
        folder (Path): Gets ``rank_N.log``, what a rank has said.
        size (int): Number of processes. Defaults to 2.
    """

    def __init__(self, function, *args, folder, size=2):
        folder.mkdir(parents=True, exist_ok=True)
        self.logs = [folder / f'rank_{rank}.log' for rank in range(size)]
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.processes = [
            CONTEXT.Process(target=enter, args=(rank, size, port, log, function, args))
            for rank, log in enumerate(self.logs)
        ]
        for process in self.processes:
            process.start()

    def end(self):
        """Waits for the end; returns the exit statuses, negative ones of signals."""
        end = time.monotonic() + PATIENCE
        for process in self.processes:
            process.join(max(0, end - time.monotonic()))
        statuses = [process.exitcode for process in self.processes]
        self.stop()
        assert None not in statuses, self.said()
        return statuses

    def wait_for(self, text, rank=0):
        """Waits until a rank has said something."""
        end = time.monotonic() + PATIENCE
        while text not in self.said(rank):
            assert self.processes[rank].is_alive(), self.said(rank)
            assert time.monotonic() < end, self.said(rank)
            time.sleep(0.01)

    def signal(self, number, rank=0):
        """Sends a signal to a rank."""
        os.kill(self.processes[rank].pid, number)

    def kill(self, rank=0):
        """Kills a rank; then the others, as a launcher does."""
        self.signal(signal.SIGKILL, rank)
        self.processes[rank].join(PATIENCE)
        self.stop()

    def stop(self):
        """Kills what is left."""
        for process in self.processes:
            process.kill()
            process.join(PATIENCE)

    def said(self, rank=None):
        """What a rank, or all of them, have said."""
        logs = self.logs if rank is None else [self.logs[rank]]
        return ''.join(log.read_text() for log in logs if log.is_file())


def enter(rank, size, port, log, function, args):
    """Runs a function as one of several ranks, as the tools do."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    sys.stdout.reconfigure(line_buffering=True)
    torch.set_num_threads(1)
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(size),
        LOCAL_WORLD_SIZE=str(size),
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
    )
    with one_line_errors():
        if size > 1:
            distributed.init_process_group('gloo')
        function(*args)
