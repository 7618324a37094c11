"""The peak of memory during a call, beyond what was held before."""

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
    RESET.write_text('5')  # the peak is now what is held
    before = read_status('VmRSS')
    call()
    return read_status('VmHWM') - before


def read_status(key: str) -> int:
    """Reads a size of this process: 'VmRSS' now, 'VmHWM' at its peak, in bytes."""
    line = re.search(rf'^{key}:\s+(\d+) kB$', STATUS.read_text(), flags=re.M)
    return int(line[1]) * 1024
