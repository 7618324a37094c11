"""As on a cluster: eight processes of a shipped config; machines that lose touch."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mmengine.config import Config

from data import make_ade20k, write_tiny_config
from mmseg_hrvit.analysis.killed_run import check_checkpoints
from paths import CONFIGS, TOOLS

PATIENCE = 900  # seconds for what takes minutes on two cores
CPU = dict(
    PATH=f'{Path(sys.executable).parent}:{os.environ["PATH"]}',
    CUDA_VISIBLE_DEVICES='-1',
    OMP_NUM_THREADS='1',
)
HANG = 142


class Job:
    """A launcher and its processes, whose words go into a file."""

    def __init__(self, log, *command, **environ):
        self.log = log
        self.process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **CPU, **environ},
            stdout=log.open('a'),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def said(self):
        return self.log.read_text()

    def wait_for(self, iteration):
        """Waits until the log has an iteration."""
        end = time.monotonic() + PATIENCE
        while not re.search(rf'Iter\(train\) \[ *{iteration}/', self.said()):
            assert self.process.poll() is None, self.said()[-3000:]
            assert time.monotonic() < end, self.said()[-3000:]
            time.sleep(0.05)

    def end(self):
        return self.process.wait(PATIENCE)


def find_rank(rank, work_dir):
    """The process of a rank, among those of a work directory."""
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            words = (folder / 'cmdline').read_text().split('\0')
            environ = (folder / 'environ').read_text().split('\0')
        except OSError:  # it has ended, or is another user's
            continue
        is_script = any(word.endswith('/train.py') for word in words)
        if is_script and str(work_dir) in words and f'RANK={rank}' in environ:
            return int(folder.name)
    raise AssertionError(f'rank {rank} does not run')


@pytest.mark.faults
def test_eight_processes_of_a_shipped_config(tmp_path, record_property):
    root = make_ade20k(tmp_path / 'data', num_images=8)
    loaders = ('train_dataloader', 'val_dataloader')
    options = [f'{loader}.dataset.data_root={root}' for loader in loaders]
    options += [f'{loader}.num_workers=0' for loader in loaders]
    options += [
        'train_dataloader.batch_size=1',
        'train_cfg.max_iters=6',
        'train_cfg.val_interval=3',
        'default_hooks.checkpoint.interval=2',
        'default_hooks.logger.interval=1',
        'randomness.seed=0',
    ]
    work_dir = tmp_path / 'work'
    job = Job(
        tmp_path / 'log',
        *(TOOLS / 'dist_train.sh', CONFIGS / 'hrvit_b2_ade20k.py', 8),
        *('--work-dir', work_dir, '--crop', 64, 64, '--cfg-options', *options),
    )
    job.wait_for(3)
    os.kill(find_rank(5, work_dir), signal.SIGKILL)
    assert job.end() == 0, job.said()[-3000:]
    text = job.said()
    assert 'restart 1 of 3 (a process was killed' in text
    assert 'processes: 8' in text
    # Eight images are one step of eight processes.
    assert len(re.findall(r'Iter\(val\) \[1/1\] .* mIoU: ', text)) >= 2
    before, after = text.split('restart 1 of 3')
    assert 'Iter(train) [1/6]' in before
    assert 'Iter(train) [1/6]' not in after
    assert 'Iter(train) [6/6]' in after
    check_checkpoints(work_dir)
    assert (work_dir / 'iter_6.pth').is_file()
    for name in ('kills survived', 'faults injected'):
        record_property(name, 1)


def ip(*words):
    subprocess.run(['ip', *words], check=True, capture_output=True)


@pytest.fixture
def machines():
    """Two network namespaces, each like a machine, and a cable between them."""
    if shutil.which('ip') is None:
        pytest.skip('needs `ip` of iproute2')
    names = [f'hrvit{os.getpid()}{letter}' for letter in 'ab']
    try:
        for name in names:
            ip('netns', 'add', name)
        ends = [f'{name}-v' for name in names]
        ip('link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1])
        for i, (name, end) in enumerate(zip(names, ends, strict=True), 1):
            ip('link', 'set', end, 'netns', name, 'name', 'cable')
            ip('-n', name, 'addr', 'add', f'10.77.0.{i}/24', 'dev', 'cable')
            for device in ('lo', 'cable'):
                ip('-n', name, 'link', 'set', device, 'up')
    except subprocess.CalledProcessError as error:
        remove(names)
        pytest.skip(f'needs the right to make network namespaces: {error.stderr}')
    yield names
    remove(names)


def remove(names):
    for name in names:
        subprocess.run(['ip', 'netns', 'del', name], capture_output=True)


@pytest.mark.faults
def test_a_machine_is_cut_off_and_comes_back(machines, tmp_path, record_property):
    config = write_tiny_config(tmp_path / 'tiny')
    cfg = Config.fromfile(config)
    for hook in cfg.custom_hooks:
        if hook.type.endswith('HangWatchHook'):
            hook.timeout = 10.0
    cfg.train_cfg.update(max_iters=60, val_interval=60)
    cfg.default_hooks.checkpoint.interval = 10
    cfg.default_hooks.logger.interval = 1
    cfg.randomness.seed = 0
    cfg.dump(config)

    def start(part):
        return [
            Job(
                tmp_path / f'{part}-{i}.log',
                *('ip', 'netns', 'exec', name, TOOLS / 'dist_train.sh', config, 1),
                '--resume',
                NNODES='2',
                NODE_RANK=str(i),
                MASTER_ADDR='10.77.0.1',
                PORT='29500',
                GLOO_SOCKET_IFNAME='cable',
                RESTARTS='0',
            )
            for i, name in enumerate(machines)
        ]

    jobs = start('cut')
    jobs[0].wait_for(25)
    ip('-n', machines[1], 'link', 'set', 'cable', 'down')
    cut = time.monotonic()
    assert [job.end() for job in jobs] == [HANG, HANG], jobs[1].said()[-3000:]
    assert time.monotonic() - cut < 60
    assert re.search(r'error: rank 1 \(.*\) hangs: the other ranks', jobs[0].said())
    assert re.search(r'error: .* has not answered for 10 s', jobs[1].said())
    check_checkpoints(tmp_path / 'tiny/work')

    ip('-n', machines[1], 'link', 'set', 'cable', 'up')
    jobs = start('back')
    assert [job.end() for job in jobs] == [0, 0], jobs[0].said()[-3000:]
    text = jobs[0].said()
    assert not re.search(r'Iter\(train\) \[ *(1|20)/60\]', text)
    assert 'Iter(train) [21/60]' in text
    assert 'Iter(val) [1/1]' in text
    for name in ('kills survived', 'faults injected'):
        record_property(name, 1)
