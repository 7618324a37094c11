"""What sliding windows cost outside the network: mmseg's loop and the tiled one.

Both get the same network and the same 8-bit image, and return labels.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmseg.structures import SegDataSample
from rich.table import Table
from torch import Tensor

from .benchmark import interleave
from .forms import build_network
from .memory import peak_memory

LOOPS = {'mmseg': 'EncoderDecoder', 'tiled': 'mmseg_hrvit.TiledEncoderDecoder'}
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Setup:
    """What is measured.

    Args:
        cfg (Config): A segmentation config; its ``test_cfg`` says the windows.
        classes (int): Number of classes.
        shape (Sequence[int]): Height and width of the image.
        device (str): 'cpu' or 'cuda'.
    """

    cfg: Config
    classes: int
    shape: Sequence[int]
    device: str


@dataclass(frozen=True)
class Cost:
    """What an image costs in one loop.

    Args:
        loop (str): A key of ``LOOPS``.
        classes (int): Number of classes.
        seconds (Sequence[float]): Of the counted runs, in order.
        outside (Sequence[float]): The part of each that is spent outside of backbone
            and head.
        peak (int): Peak memory in addition to the loaded model, in bytes.
    """

    loop: str
    classes: int
    seconds: Sequence[float]
    outside: Sequence[float]
    peak: int


class Run:
    """A call that predicts an image and notes the seconds outside of the network.

    Args:
        segmentor (BaseModel): The segmentor.
        shape (Sequence[int]): Height and width of the image.
    """

    def __init__(self, segmentor: BaseModel, shape: Sequence[int]) -> None:
        self.segmentor = segmentor
        image = torch.randint(0, 256, (3, *shape), dtype=torch.uint8)
        sample = SegDataSample(metainfo=dict(ori_shape=shape, img_shape=shape))
        self.data = dict(inputs=[image], data_samples=[sample])
        self.inside = 0.0
        self.outside = []
        for module in (segmentor.backbone, segmentor.decode_head):
            # A hook would miss mmseg's call of the head's forward.
            module.forward = partial(self._run_inside, module.forward)

    @torch.no_grad()
    def __call__(self) -> None:
        """Predicts once."""
        self.inside, start = 0.0, now()
        self.segmentor.test_step(self.data)
        self.outside.append(now() - start - self.inside)

    def _run_inside(self, forward: Callable, x: Tensor) -> Tensor:
        start = now()
        y = forward(x)
        self.inside += now() - start
        return y


def now() -> float:
    """The time in seconds, once a GPU has finished."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter()


def compare_loops(setup: Setup, rounds: int, warmup: int) -> list[Cost]:
    """Measures both loops: the time in turn, the memory in separate processes.

    Args:
        setup (Setup): What is measured.
        rounds (int): Counted runs of each loop.
        warmup (int): Runs before them.

    Returns:
        list[Cost]: mmseg's first.
    """
    peaks = [apart(measure_peak, setup, loop) for loop in LOOPS]
    runs = [Run(build_loop(setup, loop), setup.shape) for loop in LOOPS]
    runs[1].segmentor.load_state_dict(runs[0].segmentor.state_dict())
    seconds = interleave(runs, rounds, warmup)
    return [
        Cost(loop, setup.classes, own, run.outside[warmup:], peak)
        for loop, own, run, peak in zip(LOOPS, seconds, runs, peaks, strict=True)
    ]


def measure_peak(setup: Setup, loop: str) -> int:
    """Measures the memory of one loop over one image, in bytes."""
    segmentor = build_loop(setup, loop)
    Run(segmentor, (64, 64))()  # what libraries load at their first call
    return peak_memory(Run(segmentor, setup.shape), setup.device)


def apart(function: Callable, *args: object) -> object:
    """Calls a function in a new process and returns what it returns."""
    with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
        return pool.submit(function, *args).result()


def build_loop(setup: Setup, loop: str) -> BaseModel:
    """Builds the config's segmentor with one of the loops."""
    cfg = Config(dict(model=setup.cfg.model, default_scope='mmseg'))
    cfg.merge_from_dict(
        {
            'model.type': LOOPS[loop],
            'model.decode_head.num_classes': setup.classes,
        }
    )
    return build_network(cfg).to(setup.device)


def tabulate(costs: Sequence[Cost]) -> Table:
    """Makes a table with one row for each loop, and its ratios to mmseg's loop.

    Args:
        costs (Sequence[Cost]): As from ``compare_loops``, one after the other.

    Returns:
        Table: Medians of the seconds, and memory.
    """
    table = Table('loop')
    for header in ('classes', 'total (s)', 'outside (s)', '/ mmseg', 'MiB', '/ mmseg'):
        table.add_column(header, justify='right')
    for cost in costs:
        if cost.loop == 'mmseg':
            first = cost
        table.add_row(
            cost.loop,
            str(cost.classes),
            f'{statistics.median(cost.seconds):.2f}',
            f'{statistics.median(cost.outside):.3f}',
            f'{outside_ratio(cost, first):.2f}',
            f'{cost.peak / MEBIBYTE:.0f}',
            # Small maps may fit into what the process held already.
            f'{cost.peak / first.peak:.2f}' if first.peak else '–',
        )
    return table


def outside_ratio(cost: Cost, first: Cost) -> float:
    """Median over the rounds of the ratio of one loop's outside time to another's."""
    return statistics.median(map(float.__truediv__, cost.outside, first.outside))
