"""The share of the training time that the hooks take."""

import cProfile
import pstats
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from rich.table import Table

from mmseg_hrvit.engine import hooks
from mmseg_hrvit.engine.dry_run import temporary_work_dir
from mmseg_hrvit.engine.runner import build_runner

FOLDER = Path(hooks.__file__).parent
# What runs once in a training, not in every step.
ONCE = ('before_run', 'before_train', 'after_train', 'after_run')


@dataclass(frozen=True)
class HookTimes:
    """Times of a training run.

    Args:
        steps (int): Steps of the run.
        step_seconds (float): Mean time of a step, with its batch and all hooks.
        hook_seconds (dict[str, float]): Mean time per step of each hook of this
            package, by the name of its file.
    """

    steps: int
    step_seconds: float
    hook_seconds: dict[str, float]

    @property
    def share(self) -> float:
        """The share of a step's time that all these hooks take."""
        return sum(self.hook_seconds.values()) / self.step_seconds


def time_hooks(cfg: Config, steps: int) -> HookTimes:
    """Trains for some steps under Python's profiler, and leaves no files.

    Args:
        cfg (Config): The config of a training by iterations, with ``launcher`` and
            ``work_dir``. Changed in place.
        steps (int): Steps to train.

    Returns:
        HookTimes: The times; nothing is evaluated or saved in them.

    Raises:
        InputError: As the training run itself would.
    """
    never = steps + 1
    cfg.merge_from_dict(
        {
            'train_cfg.max_iters': steps,
            'train_cfg.val_begin': never,
            'default_hooks.checkpoint.interval': never,
            'default_hooks.checkpoint.save_last': False,
            'log_level': 'WARNING',
        }
    )
    profile = cProfile.Profile()
    with temporary_work_dir(cfg):
        runner = build_runner(cfg)
        profile.runcall(runner.train)
    step_seconds = runner.message_hub.get_scalar('train/time').mean(steps)
    return HookTimes(steps, float(step_seconds), seconds_in_hooks(profile, steps))


def seconds_in_hooks(profile: cProfile.Profile, steps: int) -> dict[str, float]:
    """Adds up the calls of hooks from outside, by file.

    Args:
        profile (cProfile.Profile): Of a training.
        steps (int): Its steps.

    Returns:
        dict[str, float]: Seconds a step, the longest first.
    """
    seconds = Counter()
    for (file, _, name), (*_, callers) in pstats.Stats(profile).stats.items():
        if Path(file).parent != FOLDER or name in ONCE:
            continue
        for (caller, *_), (*_, inside) in callers.items():
            if Path(caller).parent != FOLDER:
                seconds[Path(file).stem] += inside / steps
    return dict(seconds.most_common())


def tabulate(times: HookTimes) -> Table:
    """Makes a table with one row for each hook.

    Args:
        times (HookTimes): The times.

    Returns:
        Table: Milliseconds a step and share of the step.
    """
    table = Table()
    table.add_column('hook')
    table.add_column('ms per step', justify='right')
    table.add_column('of the step', justify='right')

    def add_row(name: str, seconds: float) -> None:
        share = seconds / times.step_seconds
        table.add_row(name, f'{1000 * seconds:.2f}', f'{share:.2%}')

    for name, seconds in times.hook_seconds.items():
        add_row(name, seconds)
    table.add_section()
    add_row('all', times.share * times.step_seconds)
    return table
