"""Killing a training run again and again, and comparing it with an undisturbed run."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from .killed_run import Life, check_checkpoints, digest, results

MODULE = 'mmseg_hrvit.analysis.killed_run'
LATER = 0.3  # seconds: the longest delay of a kill after a message of a rank


@dataclass
class Figures:
    """What a campaign has found.

    Args:
        survived (int): Kills after which every checkpoint was complete.
        exact (int): Kills in runs that ended with the same result as the uninterrupted
            run, bit for bit.
        injected (int): Kills.
        lost (int): Validation results that are missing or different.
    """

    survived: int = 0
    exact: int = 0
    injected: int = 0
    lost: int = 0

    @property
    def is_perfect(self) -> bool:
        """Whether no kill has cost anything."""
        return self.survived == self.exact == self.injected and not self.lost

    def __str__(self) -> str:
        return '\n'.join(
            [
                f'kills survived: {self.survived}',
                f'resumes bit-exact: {self.exact}',
                f'faults injected: {self.injected}',
                f'results lost: {self.lost}',
            ]
        )


def prepare(cfg: Config, folder: Path) -> Path:
    """Writes a config whose runs report their progress, and repeat bit for bit.

    Args:
        cfg (Config): The config. Changed in place.
        folder (Path): Gets it, and the runs.

    Returns:
        Path: The config.
    """
    imports = cfg.get('custom_imports') or dict(imports=[])
    names = imports['imports']
    names = [names] if isinstance(names, str) else names
    cfg.custom_imports = {**imports, 'imports': [*names, MODULE]}
    cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), dict(type='ProgressHook')]
    randomness = cfg.get('randomness') or {}
    seed = randomness.get('seed') or 0
    cfg.randomness = {**randomness, 'seed': seed, 'deterministic': True}
    folder.mkdir(parents=True)
    path = folder / 'config.py'
    cfg.dump(path)
    return path


class Campaign:
    """Kills runs of a config, which lie in the folder of the config.

    Args:
        config (Path): From ``prepare``.
        processes (int): Processes of a run. Defaults to 1.
        seed (int): Seed of the moments of the kills. Defaults to 0.
    """

    def __init__(self, config: Path, processes: int = 1, seed: int = 0) -> None:
        self.config = config
        self.processes = processes
        self.chance = random.Random(seed)
        cfg = Config.fromfile(config, import_custom_modules=False)
        every = cfg.default_hooks.checkpoint.get('interval', 1)
        # Moments up to the second checkpoint, or the second validation.
        self.latest = dict(train=2 * max(every, 1), save=2)
        if cfg.get('val_dataloader'):
            self.latest['val'] = 2

    def run(self, kills: int) -> Figures:
        """Kills the run a number of times.

        Args:
            kills (int): How often.

        Returns:
            Figures: What the campaign found.

        Raises:
            InputError: If the run itself fails, or leaves a checkpoint that is not
                complete.
        """
        untouched = self.config.with_name('untouched')
        self._start(untouched).end()
        figures, number = Figures(), 0
        while figures.injected < kills:
            work_dir = self.config.with_name(f'killed_{number}')
            pending = self._kill_until_the_end(work_dir, kills, figures)
            self._compare(work_dir, untouched, pending, figures)
            number += 1
        return figures

    def _start(self, work_dir: Path) -> Life:
        return Life(self.config, work_dir, self.processes)

    def _kill_until_the_end(self, work_dir: Path, kills: int, figures: Figures) -> int:
        """Kills a run until it ends before it is killed; returns how often."""
        pending = 0
        while figures.injected < kills:
            life = self._start(work_dir)
            if not self._strike(life):
                life.end()
                return pending
            figures.injected += 1
            pending += 1
            check_checkpoints(work_dir)
            figures.survived += 1
        self._start(work_dir).end()
        return pending

    def _strike(self, life: Life) -> bool:
        kind = self.chance.choice(sorted(self.latest))
        rank = 0 if kind == 'save' else self.chance.randrange(self.processes)
        if not life.reaches(kind, self.chance.randint(1, self.latest[kind]), rank):
            return False
        time.sleep(self.chance.uniform(0, LATER))
        if life.ranks[rank].poll() is not None:
            return False  # it has come to its end
        life.kill(rank)
        return True

    def _compare(
        self, work_dir: Path, untouched: Path, pending: int, figures: Figures
    ) -> None:
        if digest(work_dir) == digest(untouched):
            figures.exact += pending
        found = results(work_dir)
        for step, expected in results(untouched).items():
            figures.lost += found.get(step) != expected
