"""The processes of a training run that will be killed, and the files that it leaves."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

import mmseg_hrvit
from mmseg_hrvit.checkpoints import load_from_local
from mmseg_hrvit.engine.resume import LAST
from mmseg_hrvit.errors import InputError

PROGRESS = 'MMSEG_HRVIT_PROGRESS'  # environment variable: a folder
KINDS = ('train', 'val', 'save')
PATIENCE = 600.0  # seconds in which a run does something
TIMES = ('time', 'data_time')  # in the logs, and never twice the same


@HOOKS.register_module()
class ProgressHook(Hook):
    """Writes into a file for each rank what the rank is about to do."""

    def before_train_iter(
        self, runner: Runner, *args: object, **kwargs: object
    ) -> None:
        """Notes an iteration."""
        self._tell('train')

    def before_val_iter(self, runner: Runner, *_: object, **__: object) -> None:
        """Notes a batch of a validation."""
        self._tell('val')

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Notes a checkpoint."""
        self._tell('save')

    def _tell(self, kind: str) -> None:
        folder = os.environ.get(PROGRESS)
        if folder:
            with open(Path(folder, os.environ.get('RANK', '0')), 'a') as file:
                file.write(f'{kind}\n')


class Life:
    """The processes of a training run, started with ``--resume``.

    Args:
        config (Path): The config, with a ``ProgressHook``.
        work_dir (Path): The work directory.
        processes (int): Their number.
    """

    def __init__(self, config: Path, work_dir: Path, processes: int) -> None:
        self.folder = work_dir.with_name(f'{work_dir.name}_life_{time.time_ns()}')
        self.folder.mkdir(parents=True)
        self.log = self.folder / 'log'
        command = [sys.executable, '-m', 'hrvit_cli', 'train', str(config)]
        command += ['--work-dir', str(work_dir), '--resume']
        if processes > 1:
            command += ['--launcher', 'pytorch']
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = str(probe.getsockname()[1])
        shared = dict(
            WORLD_SIZE=str(processes), MASTER_ADDR='127.0.0.1', MASTER_PORT=port
        )
        with open(self.log, 'w') as log:
            self.ranks = [
                subprocess.Popen(
                    command,
                    env=environment(self.folder, rank, shared),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                for rank in range(processes)
            ]

    def reaches(self, kind: str, times: int, rank: int) -> bool:
        """Waits until a rank has noted something a number of times.

        Args:
            kind (str): One of ``KINDS``.
            times (int): How often.
            rank (int): The rank.

        Returns:
            bool: False if the run has ended before.

        Raises:
            InputError: If it does nothing for long.
        """
        path, told, since = self.folder / str(rank), '', time.monotonic()
        while told.split().count(kind) < times:
            if all(process.poll() is not None for process in self.ranks):
                return False
            time.sleep(0.01)
            now = path.read_text() if path.is_file() else ''
            if now != told:
                told, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                self.kill(rank)
                raise InputError(
                    f'the run has done nothing for {PATIENCE:g} s: {self.log}'
                )
        return True

    def kill(self, rank: int) -> None:
        """Kills a rank; then all other processes, as a launcher does."""
        self.ranks[rank].kill()
        self.ranks[rank].wait()
        for process in self.ranks:
            with suppress(ProcessLookupError):  # its workers have ended with it
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def end(self) -> None:
        """Waits for the end.

        Raises:
            InputError: If it ends with an error.
        """
        statuses = [process.wait() for process in self.ranks]
        if any(statuses):
            raise InputError(f'the run ends with {statuses}: {self.log} says why')


def environment(folder: Path, rank: int, shared: dict[str, str]) -> dict[str, str]:
    """Returns the environment of a rank."""
    root = Path(mmseg_hrvit.__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get('PYTHONPATH')]))
    own = dict(RANK=str(rank), LOCAL_RANK=str(rank), PYTHONPATH=path)
    return {**os.environ, **own, **shared, PROGRESS: str(folder)}


def check_checkpoints(work_dir: Path) -> None:
    """Reads every checkpoint that has its final name, and looks for the last one.

    Args:
        work_dir (Path): The work directory.

    Raises:
        InputError: If one cannot be read, or if the last one is missing.
    """
    for path in work_dir.glob('*.pth'):
        load_from_local(str(path))
    pointer = work_dir / LAST
    if pointer.is_file() and not Path(pointer.read_text()).is_file():
        raise InputError(f'{pointer} names a checkpoint that does not exist')


def digest(work_dir: Path) -> tuple[str, str]:
    """Returns the last checkpoint's name, and the SHA-256 of what it holds.

    Args:
        work_dir (Path): The work directory.

    Returns:
        tuple[str, str]: The digest is of the weights and the optimizer's state.
    """
    path = Path((work_dir / LAST).read_text())
    checkpoint = load_from_local(str(path))
    sha = hashlib.sha256()
    feed(sha, checkpoint['state_dict'])
    feed(sha, checkpoint['optimizer'])
    return path.name, sha.hexdigest()


def feed(sha: 'hashlib._Hash', node: object) -> None:
    """Feeds nested containers of tensors and numbers into a hash."""
    if isinstance(node, dict):
        for key in sorted(node, key=str):
            sha.update(str(key).encode())
            feed(sha, node[key])
    elif isinstance(node, list | tuple):
        for value in node:
            feed(sha, value)
    elif isinstance(node, torch.Tensor):
        sha.update(node.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    else:
        sha.update(repr(node).encode())


def results(work_dir: Path) -> dict[int, dict]:
    """Returns what the validations of a run have found, by iteration."""
    lines = [
        json.loads(line)
        for path in sorted(work_dir.glob('*/vis_data/scalars.json'))
        for line in path.read_text().splitlines()
    ]
    return {
        line['step']: {key: line[key] for key in line if key not in TIMES}
        for line in lines
        if 'lr' not in line and 'step' in line
    }
