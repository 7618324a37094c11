"""Runs of a tiny network in processes of their own, which are killed by their ids."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from mmengine.config import Config

import mmseg_hrvit
from data import make_ade20k, shrink, use_tiny_arch
from mmseg_hrvit.analysis.killed_run import check_checkpoints
from paths import TOOLS

HERE = Path(__file__).parent
PATIENCE = 600  # seconds for anything that takes a few


def write_config(folder, max_iters=12, validates=True, **options):
    """Writes the config of a run with a checkpoint every second iteration."""
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    use_tiny_arch(shrink(cfg, make_ade20k(folder / 'data', num_images=6)))
    cfg.merge_from_dict(
        {
            'custom_imports.imports': ['mmseg_hrvit', 'slow_writer'],
            'custom_hooks': [*cfg.custom_hooks, dict(type='TellHook')],
            'train_dataloader.num_workers': 2,
            'train_dataloader.persistent_workers': True,
            'val_dataloader.num_workers': 2,
            'val_dataloader.persistent_workers': True,
            'randomness': dict(seed=7, deterministic=True),
            'train_cfg.max_iters': max_iters,
            'train_cfg.val_interval': 4,
            'default_hooks.checkpoint.interval': 2,
            'default_hooks.logger.interval': 1,
            'param_scheduler': [
                dict(type='PolyLR', power=1.0, by_epoch=False, begin=0, end=max_iters)
            ],
            'optim_wrapper.optimizer.lr': 1e-3,
            **options,
        }
    )
    if not validates:
        cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
        cfg.default_hooks.checkpoint.save_best = None
    cfg.work_dir = str(folder / 'work')
    path = folder / f'{folder.name}.py'
    cfg.dump(path)
    return path


class Life:
    """The processes of a run from a start to its end.

    Args:
        config (Path): The config.
        work_dir (Path): The work directory.
        processes (int): Their number. Defaults to 1.
        arguments (tuple[str, ...]): More arguments of train.py. Defaults to ().
    """

    def __init__(self, config, work_dir, processes=1, arguments=()):
        self.events = work_dir.parent / f'{work_dir.name}-events-{time.time_ns()}'
        self.events.mkdir(parents=True)
        self.log = self.events / 'log'
        command = [
            *(sys.executable, TOOLS / 'train.py', config, '--work-dir', work_dir),
            *('--resume', *arguments),
        ]
        if processes > 1:
            command += ['--launcher', 'pytorch']
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.ranks = [
            subprocess.Popen(
                [str(part) for part in command],
                env=environment(
                    self.events,
                    RANK=str(rank),
                    LOCAL_RANK=str(rank),
                    WORLD_SIZE=str(processes),
                    MASTER_ADDR='127.0.0.1',
                    MASTER_PORT=str(port),
                ),
                stdout=self.log.open('a'),
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            for rank in range(processes)
        ]

    def told(self, rank=0):
        """All that a rank has told so far."""
        path = self.events / str(rank)
        return path.read_text().splitlines() if path.is_file() else []

    def wait_for(self, kind, times, rank=0):
        """Waits until a rank has told something so many times."""
        end = time.monotonic() + PATIENCE
        while sum(event.split()[0] == kind for event in self.told(rank)) < times:
            assert self.ranks[rank].poll() is None, f'ended early: {self.tail()}'
            assert time.monotonic() < end, f'no {kind}: {self.tail()}'
            time.sleep(0.002)

    def signal(self, number, rank=0):
        """Sends a signal to the process of a rank."""
        os.kill(self.ranks[rank].pid, number)

    def signal_all(self, number):
        """Signals every process, the data loaders' too, as a cluster does."""
        for process in self.ranks:
            os.killpg(process.pid, number)

    def kill(self, rank=0):
        """Kills one rank; then the others, as a launcher does."""
        self.signal(signal.SIGKILL, rank)
        assert self.ranks[rank].wait(PATIENCE) == -signal.SIGKILL
        for process in self.ranks:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE)

    def end(self):
        """Waits for the end, and returns the exit statuses."""
        return [process.wait(PATIENCE) for process in self.ranks]

    def tail(self):
        """The end of what the run has said."""
        return self.log.read_text()[-3000:]


def environment(events, **more):
    """The environment of a run on the CPU, without a test's own ranks."""
    return {
        **os.environ,
        'PYTHONPATH': str(HERE),
        'CUDA_VISIBLE_DEVICES': '-1',
        'OMP_NUM_THREADS': '1',
        'EVENTS': str(events),
        **more,
    }


def finish(config, work_dir, **options):
    """Runs to the end."""
    life = Life(config, work_dir, **options)
    assert set(life.end()) == {0}, life.tail()


def live_and_die(config, work_dir, kills, processes=1):
    """Starts a run again and again, kills it each time, then lets it end.

    Args:
        config (Path): The config.
        work_dir (Path): The work directory.
        kills (list[tuple[str, int]]): When to kill: 'train', 'val' or 'write', and
            which rank.
        processes (int): Processes of the run. Defaults to 1.
    """
    chance = random.Random(f'{kills}')
    for kind, rank in kills:
        life = Life(config, work_dir, processes=processes)
        # Rank 0 writes; the moment within is any.
        life.wait_for(kind, chance.randint(1, 3), rank=0 if kind == 'write' else rank)
        time.sleep(chance.uniform(0, 0.4 if kind == 'write' else 0.1))
        life.kill(rank)
        check_checkpoints(work_dir)
    finish(config, work_dir, processes=processes)


def results(work_dir):
    """What the validations of a run found: iteration -> mIoU."""
    lines = [
        json.loads(line)
        for path in sorted(work_dir.glob('*/vis_data/scalars.json'))
        for line in path.read_text().splitlines()
    ]
    return {line['step']: line['mIoU'] for line in lines if 'mIoU' in line}
