"""How a process ends: with one line for a mistake of the user, and with its job."""

import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children

from torch import distributed

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.words import one_line

from .build_errors import build_errors_told
from .exit_codes import INPUT_ERROR, INTERRUPTED
from .ranks import get_local_rank, get_rank
from .signals import Notice

PATIENCE = 3.0  # seconds; a launcher stops all other ranks in less


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the process with one line, and no traceback, at an ``InputError``.

    The exit status is ``INPUT_ERROR``, and after Ctrl-C ``INTERRUPTED``. All ranks of a
    run mostly meet the same error: rank 0 prints it at once. The others wait until the
    launcher stops them, and print it if that does not happen. All other errors pass
    through; with several processes, after the same wait. At a normal end the process
    leaves its group.
    """
    try:
        with build_errors_told():
            yield
        # A process that exits with gloo's threads at work may abort, and the launcher
        # would restart a run that has ended well.
        if distributed.is_initialized():
            distributed.destroy_process_group()
    except InputError as error:
        message, rank = read_message(error), get_rank()
        if rank > 0:
            give_way()
            time.sleep(PATIENCE * (1 if get_local_rank() == 0 else 2))
            message = f'{message} (rank {rank})'
        print(f'error: {message}', file=sys.stderr, flush=True)
        leave(INPUT_ERROR)
    except KeyboardInterrupt:
        if get_rank() == 0:
            print('interrupted', file=sys.stderr, flush=True)
        leave(INTERRUPTED)
    except Exception:
        # Mostly, another rank has ended and printed its own error: then the launcher is
        # about to stop this one.
        if distributed.is_initialized():
            give_way()
            time.sleep(PATIENCE)
        raise


def give_way() -> None:
    """Waits for the launcher to stop this process; exits if it has tried to."""
    handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if isinstance(handler, Notice) and handler.has_come:
        exit_at_once(128 + signal.SIGTERM)


def read_message(error: InputError) -> str:
    """Returns the message alone, also of an error from a data loader's worker."""
    # torch puts the worker's traceback, as a text, into the error that it raises.
    text = str(error).rpartition(f'{type(error).__name__}: ')[-1]
    return one_line(text)


def leave(status: int) -> None:
    """Exits, and at once if other ranks may be waiting for this one."""
    if not distributed.is_initialized():
        sys.exit(status)
    exit_at_once(status)


def exit_at_once(status: int) -> None:
    """Exits without cleaning up, which would wait for other ranks."""
    logging.shutdown()
    for child in active_children():
        child.terminate()
    sys.stdout.flush()
    os._exit(status)
