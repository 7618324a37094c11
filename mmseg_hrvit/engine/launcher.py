"""The launcher: starts the processes of a run, and restarts them if one is lost.

It passes signals on and gives the processes time to save. Their exit status, and the
reason in the work directory, tell it whether a restart makes sense.
"""

import signal
import sys
from argparse import Namespace
from collections.abc import Sequence

from .exit_codes import HANG, INPUT_ERROR, INTERRUPTED, PREEMPTED
from .processes import Launcher
from .ranks import count_setting, make_ranks, parse_count
from .work_dir import WorkDir

# After these exit statuses a run is started again.
LOSSES = {
    PREEMPTED: 'a signal to one process made the run save and exit',
    128 + signal.SIGHUP: 'SIGHUP ended a process',
    128 + signal.SIGABRT: 'a process aborted, as NCCL does after its timeout',
    128 + signal.SIGBUS: 'SIGBUS ended a process, as happens without shared memory',
    128 + signal.SIGKILL: 'a process was killed, usually by the out-of-memory killer',
    128 + signal.SIGUSR1: 'SIGUSR1 ended a process',
    128 + signal.SIGSEGV: 'a process crashed',
    HANG: 'a rank hung',
    128 + signal.SIGTERM: 'SIGTERM ended a process',
}
FINAL_REASONS = ('config', 'data', 'numeric', 'interrupted')  # in the work directory


def is_lost(status: int, reason: str | None, nodes: int = 1) -> bool:
    """Whether the end of a run looks like a loss, after which it should be restarted.

    Args:
        status (int): Its exit status.
        reason (str, optional): The reason in its work directory.
        nodes (int): Machines of the run. Defaults to 1.

    Returns:
        bool: Whether to restart it.
    """
    if status == 0 or reason in FINAL_REASONS:
        return False
    # On several machines, the loss of another one's process is an error here.
    is_elsewhere = nodes > 1 and status not in (INPUT_ERROR, INTERRUPTED)
    return status in LOSSES or is_elsewhere or reason == 'preempted'


def run_ranks(launcher: Launcher, command: Sequence[str], processes: str) -> int:
    """Runs a script in several processes, once.

    Args:
        launcher (Launcher): Inside its ``with`` block.
        command (Sequence[str]): The script and its arguments.
        processes (str): Their number on this machine.

    Returns:
        int: The exit status, as in ``Launcher.run``.
    """
    count = parse_count('PROCESSES', processes, least=1)
    ranks, store = make_ranks([sys.executable, '-u', *command], count)
    status = launcher.run(ranks)
    del store  # only now
    return status


def train(script: str, args: Namespace, processes: str, argv: Sequence[str]) -> int:
    """Trains in several processes, and restarts them if one is lost.

    RESTARTS sets how often (default 3); SHUTDOWN_TIMEOUT sets how many seconds the
    processes have to save (default 90).

    Args:
        script (str): Path of train.py.
        args (Namespace): Its arguments.
        processes (str): Processes on this machine, as they were given.
        argv (Sequence[str]): Its arguments as they were given.

    Returns:
        int: The exit status.
    """
    command = [script, *argv, '--launcher', 'pytorch']
    nodes = count_setting('NNODES', 1, 1)
    restarts = 0 if args.dry_run else count_setting('RESTARTS', 3)
    work_dir = WorkDir.of(args)
    with Launcher(count_setting('SHUTDOWN_TIMEOUT', 90)) as launcher:
        for restart in range(1, restarts + 2):
            work_dir.look()
            status = run_ranks(launcher, command, processes)
            may_go_on = launcher.stopped_by is None and restart <= restarts
            if not may_go_on or not is_lost(status, work_dir.reason, nodes):
                break
            what = LOSSES.get(status, 'probably on another machine')
            print(
                f'restart {restart} of {restarts} ({what}): continuing with --resume',
                file=sys.stderr,
                flush=True,
            )
            command += [] if '--resume' in command else ['--resume']
    return launcher.exit_status(status)


def run_once(script: str, processes: str, argv: Sequence[str]) -> int:
    """Runs a script in several processes.

    Args:
        script (str): Its path.
        processes (str): Processes on this machine, as they were given.
        argv (Sequence[str]): Its arguments.

    Returns:
        int: The exit status.
    """
    with Launcher(count_setting('SHUTDOWN_TIMEOUT', 90)) as launcher:
        return launcher.exit_status(run_ranks(launcher, [script, *argv], processes))
