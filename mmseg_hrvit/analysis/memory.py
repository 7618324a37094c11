"""The memory that a call takes: at its peak, and as long as its result exists."""

import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mmseg_hrvit.errors import InputError

STATUS, RESET = Path('/proc/self/status'), Path('/proc/self/clear_refs')


def peak_memory(call: Callable[[], object], device: str) -> int:
    """Calls a function and measures how far memory rises above the start.

    Args:
        call (Callable[[], object]): The function.
        device (str): 'cpu': resident memory of this process, on Linux; best in a
            separate process, because memory that others have freed is used again.
            'cuda': what torch has allocated.

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
        raise InputError('peak memory on a CPU can be measured only on Linux')
    give_back_freed()
    RESET.write_text('5')  # the peak is now what is held
    before = read_status('VmRSS')
    call()
    return read_status('VmHWM') - before


def kept_bytes(call: Callable[[], object]) -> int:
    """Calls a function and counts what stays in memory as long as its result exists.

    For a loss, this is all that its backward pass needs, however it is stored. What
    hooks or recomputation store instead counts; what they release does not.

    Args:
        call (Callable[[], object]): The function.

    Returns:
        int: Bytes of all storages that were created in the call and exist after it.
    """
    with StorageWatch() as watch:
        result = call()
    gc.collect()
    kept = sum(size for ref, size in watch.made.values() if not ref.expired())
    del result  # not before
    return kept


class StorageWatch(TorchDispatchMode):
    """Notes the storages that operators create, and keeps none of them alive."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[int, tuple[StorageWeakRef, int]] = {}
        self.given: dict[int, StorageWeakRef] = {}  # a held reference has its address

    def __torch_dispatch__(
        self,
        function: Callable,
        types: tuple,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        """Calls an operator. What it takes, and none before it has made, was given."""
        kwargs = kwargs or {}
        for ref, _ in references((args, kwargs)):
            if ref.cdata not in self.made:
                self.given[ref.cdata] = ref
        out = function(*args, **kwargs)
        for ref, size in references(out):
            if ref.cdata not in self.given:
                self.made[ref.cdata] = ref, size
        return out


def references(tree: object) -> list[tuple[StorageWeakRef, int]]:
    """Weak references to the storages of all tensors in a tree, and their bytes."""
    found = [x.untyped_storage() for x in tree_leaves(tree) if isinstance(x, Tensor)]
    return [(StorageWeakRef(storage), storage.nbytes()) for storage in found]


def give_back_freed() -> None:
    """Makes the C library return free memory, if it can; later calls would reuse it."""
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)


def read_status(key: str) -> int:
    """Reads a size of this process: 'VmRSS' now, 'VmHWM' at its peak, in bytes."""
    line = re.search(rf'^{key}:\s+(\d+) kB$', STATUS.read_text(), flags=re.M)
    return int(line[1]) * 1024
