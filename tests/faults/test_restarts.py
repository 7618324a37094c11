"""dist_train.sh starts a run again after a loss, and only then."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from faults.runs import PATIENCE, environment, finish, write_config
from mmseg_hrvit.analysis.killed_run import digest
from mmseg_hrvit.engine.stop_reason import read_stop_reason
from paths import TOOLS

RESTARTED = 'continuing with --resume'


class Launched:
    """dist_train.sh with two processes.

    Args:
        config (Path): The config.
        work_dir (Path): The work directory.
        options (str): What is changed in the config.
    """

    def __init__(self, config, work_dir, *options):
        self.events = work_dir.with_name(f'{work_dir.name}-events')
        self.events.mkdir()
        self.log = self.events / 'log'
        command = [TOOLS / 'dist_train.sh', config, 2, '--work-dir', work_dir]
        if options:
            command += ['--cfg-options', *options]
        path = f'{Path(sys.executable).parent}:{os.environ["PATH"]}'
        self.script = subprocess.Popen(
            [str(part) for part in command],
            env=environment(self.events, PATH=path),
            stdout=self.log.open('w'),
            stderr=subprocess.STDOUT,
        )

    def wait_for(self, event):
        """Waits until rank 1 has told something."""
        end = time.monotonic() + PATIENCE
        told = self.events / '1'
        while not told.is_file() or event not in told.read_text().splitlines():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.01)

    def end(self):
        """Waits for the end; returns the exit status and all that was said."""
        status = self.script.wait(PATIENCE)
        return status, self.log.read_text()


def pid_of(rank, work_dir):
    """Finds the process of a rank by what it was started with."""
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            command = (folder / 'cmdline').read_bytes().decode().split('\0')
            environ = (folder / 'environ').read_bytes().decode().split('\0')
            parent = int((folder / 'stat').read_text().rpartition(')')[2].split()[1])
            parent_of = Path(f'/proc/{parent}/cmdline').read_bytes().decode()
        except (OSError, ValueError):
            continue
        is_rank = f'RANK={rank}' in environ and str(work_dir) in command
        if is_rank and 'launch.py' in parent_of:
            return int(folder.name)
    raise AssertionError(f'no rank {rank}')


@pytest.mark.faults
def test_a_lost_worker_is_started_again(tmp_path, record_property):
    config = write_config(tmp_path, max_iters=4)
    work_dir = tmp_path / 'lost'
    launched = Launched(config, work_dir)
    launched.wait_for('train 2')
    os.kill(pid_of(1, work_dir), signal.SIGKILL)
    status, said = launched.end()
    assert status == 0, said
    assert said.count(RESTARTED) == 1
    assert 'rank 1 was ended by SIGKILL' in said
    record_property('kills survived', 1)
    record_property('faults injected', 1)


@pytest.mark.faults
@pytest.mark.parametrize(
    'number, code, reason',
    [
        (signal.SIGTERM, 75, 'preempted'),
        (signal.SIGUSR1, 75, 'preempted'),
        (signal.SIGINT, 130, 'interrupted'),
    ],
)
def test_a_script_that_is_told_to_stop_saves(
    tmp_path, number, code, reason, record_property
):
    config = write_config(tmp_path)
    untouched, work_dir = tmp_path / 'untouched', tmp_path / 'preempted'
    finish(config, untouched, processes=2)
    launched = Launched(config, work_dir)
    launched.wait_for('train 3')
    launched.script.send_signal(number)
    status, said = launched.end()
    assert status == code, said
    assert RESTARTED not in said
    assert 'Traceback' not in said
    assert f'{reason} after iteration ' in said
    assert 'which is saved; continue with --resume' in said
    assert read_stop_reason(work_dir) == reason
    finish(config, work_dir, processes=2)
    assert digest(work_dir) == digest(untouched)
    record_property('resumes bit-exact', 1)
    record_property('faults injected', 1)


@pytest.mark.faults
def test_a_preempted_rank_is_started_again(tmp_path, record_property):
    work_dir = tmp_path / 'preempted'
    launched = Launched(write_config(tmp_path, max_iters=6), work_dir)
    launched.wait_for('train 3')
    os.kill(pid_of(1, work_dir), signal.SIGUSR1)
    status, said = launched.end()
    assert status == 0, said
    assert said.count(RESTARTED) == 1
    record_property('faults injected', 1)


@pytest.mark.faults
@pytest.mark.parametrize(
    'option, reason',
    [
        ('model.decode_head.num_classes=7', 'config'),
        ('optim_wrapper.optimizer.lr=inf', 'numeric'),
    ],
)
def test_a_stop_for_good_is_not_started_again(
    tmp_path, option, reason, record_property
):
    work_dir = tmp_path / 'stopped'
    launched = Launched(write_config(tmp_path, max_iters=40), work_dir, option)
    status, said = launched.end()
    assert status not in (0, 75), said
    assert RESTARTED not in said
    assert read_stop_reason(work_dir) == reason
    record_property('faults injected', 1)


@pytest.mark.faults
def test_a_truncated_image_is_not_started_again(tmp_path, record_property):
    config = write_config(tmp_path)
    image = next((tmp_path / 'data/images/training').iterdir())
    image.write_bytes(image.read_bytes()[:500])
    work_dir = tmp_path / 'stopped'
    status, said = Launched(config, work_dir).end()
    assert status == 2, said
    assert RESTARTED not in said
    assert image.name in said
    assert read_stop_reason(work_dir) == 'data'
    record_property('faults injected', 1)


@pytest.mark.faults
def test_restarts_are_bounded(tmp_path, record_property, monkeypatch):
    monkeypatch.setenv('RESTARTS', '1')
    work_dir = tmp_path / 'lost'
    launched = Launched(write_config(tmp_path, max_iters=40), work_dir)
    launched.wait_for('train 2')
    first = pid_of(1, work_dir)
    os.kill(first, signal.SIGKILL)
    launched.wait_for('train 6')
    os.kill(pid_of(1, work_dir), signal.SIGKILL)
    status, said = launched.end()
    assert status == 128 + signal.SIGKILL
    assert said.count(RESTARTED) == 1
    record_property('faults injected', 2)
