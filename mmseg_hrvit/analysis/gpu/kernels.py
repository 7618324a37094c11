"""What a device runs in a call: how many kernels, and how long it waits for them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

DEVICES = dict(cpu=DeviceType.CPU, cuda=DeviceType.CUDA)
ACTIVITIES = dict(cpu=ProfilerActivity.CPU, cuda=ProfilerActivity.CUDA)


@dataclass(frozen=True)
class Activity:
    """The kernels of a call.

    Args:
        kernels (float): Number of kernels that it starts; on a CPU, of operators.
        idle (float): Share of the time, from the start of the first to the end of the
            last, in which none runs.
    """

    kernels: float
    idle: float


def watch(call: Callable[[], object], device: str, calls: int = 3) -> Activity:
    """Watches some calls with torch's profiler.

    Args:
        call (Callable[[], object]): The function, which has run before.
        device (str): 'cpu' or 'cuda'.
        calls (int): How often it is called. Defaults to 3.

    Returns:
        Activity: Of one call, the mean of all.

    Raises:
        RuntimeError: If the profiler sees no kernel.
    """
    with profile(activities=[ACTIVITIES[device]]) as profiler:
        for _ in range(calls):
            call()
    spans = [
        (event.time_range.start, event.time_range.end)
        for event in profiler.events()
        if event.device_type == DEVICES[device]
        and not event.is_user_annotation
        and event.cpu_parent is None  # an operator within another
    ]
    if not spans:
        raise RuntimeError(f'the profiler sees no kernel on {device}')
    return Activity(len(spans) / calls, idle_share(spans))


def idle_share(spans: Iterable[tuple[float, float]]) -> float:
    """Share of the time from the first start to the last end that no span covers.

    Args:
        spans (Iterable[tuple[float, float]]): Start and end of each; they may overlap.
    """
    spans = sorted(spans)
    first = end = spans[0][0]
    idle = 0.0
    for start, stop in spans:
        idle += max(0.0, start - end)
        end = max(end, stop)
    return idle / (end - first) if end > first else 0.0
