"""A Slurm job that trains: it saves before its time limit, and requeues itself."""

import os
import signal
import subprocess
from argparse import Namespace
from collections.abc import Sequence

from mmseg_hrvit.errors import InputError

from .exit_codes import INPUT_ERROR, PREEMPTED
from .launcher import FINAL_REASONS, is_lost
from .processes import Launcher
from .ranks import Child, count_setting
from .work_dir import WorkDir


def train(command: Sequence[str], args: Namespace) -> int:
    """Trains inside a job, and requeues the job if that makes sense.

    After a hang, or if memory ran out, the job is requeued if it has saved a
    checkpoint, and otherwise RESTARTS times (default 3).

    Args:
        command (Sequence[str]): srun with what it starts.
        args (Namespace): The arguments of train.py.

    Returns:
        int: The exit status.
    """
    starts = count_setting('SLURM_RESTART_COUNT', 0)
    if starts > 0 and not args.resume:
        command = [*command, '--resume']
    restarts = count_setting('RESTARTS', 3)
    try:
        work_dir = WorkDir.of(args)
    except InputError:  # the tasks report it in the job's log
        work_dir = WorkDir(None)
    with Launcher(grace=float('inf')) as launcher:  # Slurm kills what takes too long
        status = launcher.run([Child(command, os.environ)])
    may_be_lost = starts < restarts or work_dir.has_saved
    if is_queued_again(status, work_dir.reason, launcher.stopped_by, may_be_lost):
        subprocess.run(['scontrol', 'requeue', os.environ['SLURM_JOB_ID']], check=False)
    return status


def is_queued_again(
    status: int, reason: str | None, stopped_by: int | None, may_be_lost: bool
) -> bool:
    """Whether a job has to requeue itself.

    Args:
        status (int): Exit status of srun: the highest of all tasks, so the reason is
            more reliable.
        reason (str, optional): The reason in the work directory.
        stopped_by (int, optional): The first signal to the job.
        may_be_lost (bool): Whether it may be requeued after a hang or kill.

    Returns:
        bool: Whether it has to.
    """
    if reason in FINAL_REASONS or status in (0, 1, INPUT_ERROR):
        return False
    if stopped_by == signal.SIGUSR1:  # its time is nearly over
        return True
    if stopped_by is not None:
        return False  # Slurm ends it, and queues it again itself where it wants to
    is_preempted = status == PREEMPTED or reason == 'preempted'
    return is_preempted or (may_be_lost and is_lost(status, reason))
