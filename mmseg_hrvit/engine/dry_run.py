"""A dry run of a training run: does it work, and what will it need?"""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from mmengine.config import Config
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.runner import EpochBasedTrainLoop, Runner

from mmseg_hrvit.engine.disk_space import GIB, free_bytes, nearest_folder
from mmseg_hrvit.engine.hooks.durable_checkpoint import DurableCheckpointHook
from mmseg_hrvit.engine.runner import build_runner

ITERS = 2
VAL_IMAGES = 4  # of each process


class EnoughIterations(Exception):
    """Ends the training loop; this is not an error."""


class StopHook(Hook):
    """Ends a training run after its second iteration, and measures its time."""

    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        """Notes the time."""
        self.times = [now()]

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: DATA_BATCH = None,
        outputs: dict | None = None,
    ) -> None:
        """Notes the time.

        Raises:
            EnoughIterations: After the second iteration.
        """
        self.times.append(now())
        if len(self.times) > ITERS:
            raise EnoughIterations

    @property
    def seconds(self) -> float:
        """Time of the last iteration, with its batch; the first one is a warm-up."""
        return self.times[-1] - self.times[-2]


@dataclass(frozen=True)
class Report:
    """What a training run will need.

    Args:
        memory (int): Peak memory of a process, in bytes.
        iters (int): Iterations of the whole run.
        iter_seconds (float): Time of one.
        evaluations (int): Evaluations of the whole run.
        evaluation_seconds (float): Time of one.
        disk (int): The most that its checkpoints take, in bytes.
        disk_free (int): Free space on that disk, in bytes.
    """

    memory: int
    iters: int
    iter_seconds: float
    evaluations: int
    evaluation_seconds: float
    disk: int
    disk_free: int

    def __str__(self) -> str:
        seconds = self.iters * self.iter_seconds
        seconds += self.evaluations * self.evaluation_seconds
        where = 'on its GPU' if torch.cuda.is_available() else 'without its workers'
        return '\n'.join(
            [
                f'dry run: {ITERS} iterations and an evaluation of a few images, all '
                'well',
                f'memory: {self.memory / GIB:.2f} GiB per process, {where}',
                f'time:   {timedelta(seconds=round(seconds))} h, for {self.iters} '
                f'iterations of {self.iter_seconds:.3g} s and {self.evaluations} '
                f'evaluations of {self.evaluation_seconds:.3g} s',
                f'disk:   {self.disk / GIB:.2f} GiB for checkpoints, of '
                f'{self.disk_free / GIB:.2f} GiB free',
            ]
        )


def dry_run(cfg: Config) -> Report:
    """Builds everything, trains for two iterations, evaluates a few images.

    It writes its files to a folder beside the work directory, on the same disk, and
    deletes them. The work directory does not change.

    Args:
        cfg (Config): The config of a training run. Changed in place.

    Returns:
        Report: What the training run will need.

    Raises:
        InputError: As the training run itself would.
    """
    with temporary_work_dir(cfg):
        cfg.merge_from_dict(dict(log_level='WARNING', resume=False))
        if 'visualizer' in cfg:
            cfg.visualizer.vis_backends = []  # some send what they get elsewhere
        runner = build_runner(cfg)
        stop = StopHook()
        runner.register_hook(stop)
        try:
            runner.train()
        except EnoughIterations:
            runner.call_hook('after_train')
        evaluations, evaluation_seconds = evaluate(runner)
        hooks = (h for h in runner.hooks if isinstance(h, DurableCheckpointHook))
        return Report(
            memory=peak_memory(),
            iters=runner.max_iters,
            iter_seconds=stop.seconds,
            evaluations=evaluations,
            evaluation_seconds=evaluation_seconds,
            disk=sum(hook.needed_bytes(runner) for hook in hooks),
            disk_free=free_bytes(cfg.work_dir),
        )


@contextmanager
def temporary_work_dir(cfg: Config) -> Iterator[None]:
    """Gives a config another work directory for a while, on the same disk."""
    parent = nearest_folder(Path(cfg.work_dir).absolute().parent)
    with TemporaryDirectory(prefix='dry_run_', dir=parent) as folder:
        cfg.work_dir = folder
        yield


def evaluate(runner: Runner) -> tuple[int, float]:
    """Evaluates a few images.

    Args:
        runner (Runner): The runner of a training.

    Returns:
        tuple[int, float]: Number of evaluations of the training run, and the time of
        one evaluation of all images, in seconds.
    """
    loop = runner.val_loop
    if loop is None:
        return 0, 0.0
    total = len(loop.dataloader.dataset)
    few = VAL_IMAGES * get_world_size()
    config = runner._val_dataloader  # the runner knows it as that of the evaluation
    is_single = not {'dataset', 'datasets'} & config.dataset.keys()
    if is_single and few < total:
        config.dataset.indices = few
        loop.dataloader = runner.build_dataloader(config)
    start = now()
    loop.run()
    seconds = (now() - start) * total / len(loop.dataloader.dataset)
    by_epoch = isinstance(runner.train_loop, EpochBasedTrainLoop)
    units = runner.max_epochs if by_epoch else runner.max_iters
    return -(-units // runner.val_interval), seconds


def now() -> float:
    """Returns the time in seconds, after the GPU has finished its work."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def peak_memory() -> int:
    """Returns the peak memory of the process that took most, in bytes."""
    if torch.cuda.is_available():
        peak = torch.cuda.max_memory_reserved()
    else:
        unit = 1 if sys.platform == 'darwin' else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    highest = torch.tensor(peak)
    all_reduce(highest, op='max')
    return int(highest)
