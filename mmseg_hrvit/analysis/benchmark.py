"""Timing networks side by side.

All of them are built first and then run in turn, round after round. If the speed of the
machine drifts, this affects them alike, so compare the ratios.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from platform import machine

import torch
from mmengine.config import Config
from rich.progress import track
from rich.table import Table
from torch import Tensor

from .forms import TrainingStep, inference
from .memory import peak_memory

DTYPES = dict(float32=torch.float32, bfloat16=torch.bfloat16, float16=torch.float16)


@dataclass(frozen=True)
class Setting:
    """How networks are run.

    Args:
        shape (Sequence[int]): Height and width of the images. Defaults to 512 x 512.
        batch_size (int): Number of images in a batch. Defaults to 1.
        device (str): 'cpu' or 'cuda'. Defaults to 'cpu'.
        dtype (str): 'float32', or 'bfloat16' or 'float16' for autocast. Defaults to
            'float32'.
        train (bool): Training steps, or inference to logits. Defaults to False.
        rounds (int): Counted runs of each network. Defaults to 10.
        warmup (int): Runs before them. Defaults to 2.
    """

    shape: Sequence[int] = (512, 512)
    batch_size: int = 1
    device: str = 'cpu'
    dtype: str = 'float32'
    train: bool = False
    rounds: int = 10
    warmup: int = 2


@dataclass(frozen=True)
class Timing:
    """The times of one network.

    Args:
        name (str): Its config and form.
        seconds (Sequence[float]): Times of its counted runs, in order.
        ratio (float): Median over the rounds of the ratio of its time to that of the
            first network.
        peak_bytes (int): Memory that a run takes in addition to what was held before.
        saved_bytes (int, optional): Memory that a training step stores for the backward
            pass.
    """

    name: str
    seconds: Sequence[float]
    ratio: float
    peak_bytes: int
    saved_bytes: int | None = None

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third quartile of the seconds."""
        low, _, high = statistics.quantiles(self.seconds, n=4, method='inclusive')
        return low, high


def time_networks(
    networks: Mapping[str, tuple[Config, str]], setting: Setting
) -> list[Timing]:
    """Times some networks.

    Args:
        networks (Mapping[str, tuple[Config, str]]): Config and form, by name.
        setting (Setting): How they are run.

    Returns:
        list[Timing]: One for each network, in order.
    """
    calls, saved = {}, {}
    for name, (cfg, form) in networks.items():
        calls[name], saved[name] = prepare(cfg, form, setting)
    with torch.inference_mode():
        seconds = interleave(list(calls.values()), setting.rounds, setting.warmup)
        peaks = [peak_memory(call, setting.device) for call in calls.values()]
    with autocast(setting.device, setting.dtype):
        kept = [count() if count else None for count in saved.values()]
    return [
        Timing(name, own, compare(own, seconds[0]), peak, bytes_kept)
        for name, own, peak, bytes_kept in zip(calls, seconds, peaks, kept, strict=True)
    ]


def prepare(
    cfg: Config, form: str, setting: Setting
) -> tuple[Callable[[], None], Callable[[], int] | None]:
    """Builds a network.

    Args:
        cfg (Config): A config of mmseg or mmpretrain.
        form (str): One of ``forms.FORMS``.
        setting (Setting): How it is run.

    Returns:
        tuple: A function that runs it once and waits. For a training step also one that
        counts the bytes that are saved for the backward pass, otherwise None.
    """
    channels = cfg.model.backbone.get('in_channels', 3)
    shape = setting.batch_size, channels, *setting.shape
    images = torch.randn(shape, device=setting.device)
    if not setting.train:
        network = inference(cfg, form, images)
        return partial(run, network, images, setting.dtype), None
    step = TrainingStep(cfg, form, images.device, setting.dtype == 'float16')
    return partial(run, step, images, setting.dtype), partial(step.saved_bytes, images)


def autocast(device: str, dtype: str) -> AbstractContextManager:
    """Mixed precision for a type of ``DTYPES``; nothing for float32."""
    return (
        nullcontext() if dtype == 'float32' else torch.autocast(device, DTYPES[dtype])
    )


def run(network: Callable[[Tensor], object], images: Tensor, dtype: str) -> None:
    """Runs a network, and waits until a GPU has finished."""
    with autocast(images.device.type, dtype):
        network(images)
    if images.is_cuda:
        torch.cuda.synchronize()


def compare(seconds: Sequence[float], first: Sequence[float]) -> float:
    """Median over the rounds of the ratio of one network's time to another's."""
    return statistics.median(map(float.__truediv__, seconds, first))


def interleave(
    calls: Sequence[Callable[[], None]], rounds: int, warmup: int
) -> list[list[float]]:
    """Calls functions in turn, round after round.

    Args:
        calls (Sequence[Callable[[], None]]): The functions.
        rounds (int): Counted rounds.
        warmup (int): Rounds before them.

    Returns:
        list[list[float]]: For each function its seconds, one value per counted round.
    """
    seconds = [[] for _ in calls]
    for i in track(range(warmup + rounds), 'timing', transient=True):
        for call, own in zip(calls, seconds, strict=True):
            start = time.perf_counter()
            call()
            if i >= warmup:
                own.append(time.perf_counter() - start)
    return seconds


def describe_device(device: str) -> str:
    """Names what the networks run on."""
    if device == 'cuda':
        return torch.cuda.get_device_name()
    return f'{machine()} CPU, {torch.get_num_threads()} threads'


def tabulate(
    timings: Sequence[Timing], batch_size: int, shares: Mapping[str, float]
) -> Table:
    """Makes a table with one row for each network.

    Args:
        timings (Sequence[Timing]): The times.
        batch_size (int): Number of images in a batch.
        shares (Mapping[str, float]): Of the machine's rate of multiplying matrices,
            by name; may be empty.

    Returns:
        Table: Median and quartiles of a run, images per second, ratio, peak memory and
        the memory saved for the backward pass.
    """
    table = Table()
    table.add_column('network', overflow='fold')
    headers = ['seconds', 'quartiles', 'images/s', '/ first', 'MiB']
    with_saved = any(timing.saved_bytes is not None for timing in timings)
    headers += ['saved MiB'] * with_saved + ['of roof'] * bool(shares)
    for header in headers:
        table.add_column(header, justify='right', no_wrap=True)
    for timing in timings:
        low, high = timing.quartiles
        cells = [
            timing.name,
            f'{timing.median:.4f}',
            f'{low:.4f} - {high:.4f}',
            f'{batch_size / timing.median:.2f}',
            f'{timing.ratio:.2f}',
            f'{timing.peak_bytes / 2**20:.0f}',
        ]
        if with_saved:
            cells.append(f'{timing.saved_bytes / 2**20:.0f}')
        if shares:
            cells.append(f'{shares[timing.name]:.0%}')
        table.add_row(*cells)
    return table


def plot(timings: Sequence[Timing], path: Path) -> None:
    """Draws the medians and quartiles as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + 0.4 * len(timings)), layout='constrained')
    axes = figure.subplots()
    medians = [timing.median for timing in timings]
    errors = zip(
        *((t.median - t.quartiles[0], t.quartiles[1] - t.median) for t in timings),
        strict=True,
    )
    axes.barh([timing.name for timing in timings], medians, xerr=list(errors))
    axes.invert_yaxis()
    axes.set_xlabel('seconds')
    figure.savefig(path, dpi=150)
