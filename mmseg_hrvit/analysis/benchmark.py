"""Timing networks side by side.

All are built first and then run in turn, round after round, so that a machine whose
speed drifts treats them alike: compare the ratios.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from platform import machine

import torch
import torch.nn as nn
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, DefaultScope
from rich.progress import track
from rich.table import Table
from torch import Tensor


@dataclass(frozen=True)
class Timing:
    """The times of one network.

    Args:
        config (str): Its config.
        seconds (Sequence[float]): Of its counted runs, in order.
        ratio (float): Median over the rounds of its time by that of the first
            network in the same round.
    """

    config: str
    seconds: Sequence[float]
    ratio: float

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third quartile of the seconds."""
        low, _, high = statistics.quantiles(self.seconds, n=4, method='inclusive')
        return low, high


def time_inference(
    configs: Mapping[str, Config],
    shape: Sequence[int],
    batch_size: int,
    device: str,
    rounds: int,
    warmup: int,
) -> list[Timing]:
    """Times the forward passes of some networks, from image to logits, in float32.

    Args:
        configs (Mapping[str, Config]): Configs of mmseg or mmpretrain, by their names.
        shape (Sequence[int]): Height and width of the images.
        batch_size (int): Images at a time.
        device (str): 'cpu' or 'cuda'.
        rounds (int): Counted runs of each network.
        warmup (int): Runs before them.

    Returns:
        list[Timing]: One a config, in order.
    """
    calls = {}
    for name, cfg in configs.items():
        channels = cfg.model.backbone.get('in_channels', 3)
        images = torch.randn(batch_size, channels, *shape, device=device)
        calls[name] = partial(infer, build_network(cfg).to(device), images)
    with torch.inference_mode():
        seconds = interleave(list(calls.values()), rounds, warmup)
    return [
        Timing(name, own, statistics.median(map(float.__truediv__, own, seconds[0])))
        for name, own in zip(calls, seconds, strict=True)
    ]


def build_network(cfg: Config) -> nn.Module:
    """Builds a config's model for inference, with random weights."""
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
        return revert_sync_batchnorm(MODELS.build(cfg.model)).eval()


def infer(network: nn.Module, images: Tensor) -> None:
    """Runs a network, and waits until a GPU has finished."""
    network(images, mode='tensor')
    if images.is_cuda:
        torch.cuda.synchronize()


def interleave(
    calls: Sequence[Callable[[], None]], rounds: int, warmup: int
) -> list[list[float]]:
    """Calls functions in turn, round after round.

    Args:
        calls (Sequence[Callable[[], None]]): The functions.
        rounds (int): Counted rounds.
        warmup (int): Rounds before them.

    Returns:
        list[list[float]]: Of each function its seconds, one a counted round.
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


def tabulate(timings: Sequence[Timing], batch_size: int) -> Table:
    """Makes a table with a row a network.

    Args:
        timings (Sequence[Timing]): The times.
        batch_size (int): Images at a time.

    Returns:
        Table: Median and quartiles of a run, images a second, and the ratio.
    """
    table = Table()
    table.add_column('config', overflow='fold')
    for header in ('median (s)', 'quartiles (s)', 'images/s', 'time / first'):
        table.add_column(header, justify='right')
    for timing in timings:
        low, high = timing.quartiles
        table.add_row(
            timing.config,
            f'{timing.median:.4f}',
            f'{low:.4f} - {high:.4f}',
            f'{batch_size / timing.median:.2f}',
            f'{timing.ratio:.2f}',
        )
    return table
