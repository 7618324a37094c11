"""The reason why a run stopped, in a file in its work directory.

A launcher hides the exit status of its processes. The script that started the run
reads the file to know whether to start it again.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmseg_hrvit.errors import InputError

STOP_REASON = 'stop_reason'  # the file's name
REASONS = ('config', 'data', 'numeric', 'preempted', 'interrupted')


def write_stop_reason(work_dir: str | Path, reason: str) -> None:
    """Writes why a run stops. Any rank may call it; the last reason stays.

    Args:
        work_dir (str | Path): The run's work directory; created if it does not exist.
        reason (str): 'config' for what the user gave, 'data' for an unusable sample,
            'numeric' for losses that are not finite, 'preempted', or 'interrupted' by
            Ctrl-C.

    Raises:
        ValueError: If it is none of them.
    """
    if reason not in REASONS:
        raise ValueError(f'reason={reason!r} is none of {", ".join(REASONS)}')
    path = Path(work_dir, STOP_REASON)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, because several ranks may write at once.
    aside = path.with_suffix(f'.{os.getpid()}')
    aside.write_text(f'{reason}\n')
    aside.replace(path)


def read_stop_reason(work_dir: str | Path) -> str | None:
    """Returns why the last run stopped; None if it ended, was killed or crashed."""
    path = Path(work_dir, STOP_REASON)
    return path.read_text().strip() if path.is_file() else None


def clear_stop_reason(work_dir: str | Path) -> None:
    """Deletes the reason of the last run, when a new run starts."""
    Path(work_dir, STOP_REASON).unlink(missing_ok=True)


@contextmanager
def stop_reason_told(work_dir: str | Path, is_first: bool = True) -> Iterator[None]:
    """Writes the reason of an ``InputError`` that ends a run.

    Args:
        work_dir (str | Path): The run's work directory.
        is_first (bool): Whether this is rank 0, which deletes the reason of the last
            run. Defaults to True.
    """
    if is_first:
        clear_stop_reason(work_dir)
    try:
        yield
    except InputError as error:
        write_stop_reason(work_dir, error.reason)
        raise
