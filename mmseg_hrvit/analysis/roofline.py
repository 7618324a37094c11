"""The peak rates of a machine, which limit all networks."""

import time
from collections.abc import Callable

import torch

SIDES = dict(cpu=2048, cuda=8192)  # of the matrices
COPIED = 2**28  # bytes
REPEATS = 10


def matmul_rate(device: str, dtype: torch.dtype, side: int | None = None) -> float:
    """Measures the rate of a product of two square matrices.

    Args:
        device (str): 'cpu' or 'cuda'.
        dtype (torch.dtype): Type of their values.
        side (int, optional): Of the matrices. Defaults to None: 2048 on a CPU, 8192 on
            a GPU, where starting a small product takes longer than the product.

    Returns:
        float: Multiply-accumulates per second.
    """
    side = side or SIDES[device]
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    return side**3 / shortest(lambda: a @ b, device)


def copy_bandwidth(device: str) -> float:
    """Measures how fast memory is copied, in bytes read and written per second."""
    source = torch.zeros(COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * COPIED / shortest(lambda: target.copy_(source), device)


def shortest(call: Callable[[], object], device: str) -> float:
    """Returns the seconds of the fastest of some calls."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        if device == 'cuda':
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
