"""The peak of memory during a call, beyond what was held before."""

import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import torch

from mmseg_hrvit.errors import InputError

STATUS, RESET = Path('/proc/self/status'), Path('/proc/self/clear_refs')


def peak_memory(call: Callable[[], object], device: str) -> int:
    """Calls a function and measures how far memory rises above the start.

    Args:
        call (Callable[[], object]): The function.
        device (str): 'cpu': resident memory of this process, on Linux; best in a
            process of its own, since what others have freed is used again. 'cuda':
            what torch has allocated.

    Returns:
        int: Bytes.

    Raises:
        InputError: If resident memory cannot be read here.
    """
    if device == 'cuda':
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        return torch.cuda.max_memory_allocated() - before
    if not RESET.exists():
        raise InputError('peak memory on a CPU is measured on Linux alone')
    give_back_freed()
    RESET.write_text('5')  # the peak is now what is held
    before = read_status('VmRSS')
    call()
    return read_status('VmHWM') - before


def give_back_freed() -> None:
    """Lets the C library return what is free, where it can: it would be used again."""
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)


def read_status(key: str) -> int:
    """Reads a size of this process: 'VmRSS' now, 'VmHWM' at its peak, in bytes."""
    line = re.search(rf'^{key}:\s+(\d+) kB$', STATUS.read_text(), flags=re.M)
    return int(line[1]) * 1024
