"""dist_train.sh and dist_test.sh, as a user starts them."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from data import write_tiny_config

TOOLS = Path(__file__).parents[2] / 'tools'
PATH = f'{Path(sys.executable).parent}:{os.environ["PATH"]}'
CPU = dict(PATH=PATH, CUDA_VISIBLE_DEVICES='-1')


def start(*command, **environ):
    return subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **CPU, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*command, **environ):
    process = start(*command, **environ)
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err


def test_two_processes_train_and_evaluate(tmp_path):
    config = write_tiny_config(tmp_path)
    code, out, err = run(TOOLS / 'dist_train.sh', config, 2, OMP_NUM_THREADS='1')
    assert code == 0, err
    assert 'Iter(train) [1/1]' in out
    # Two images of two processes.
    assert 'Iter(val) [1/1]' in out
    checkpoint = tmp_path / 'work/iter_1.pth'
    code, out, err = run(TOOLS / 'dist_test.sh', config, checkpoint, 2)
    assert code == 0, err
    assert re.search(r'Iter\(test\) \[1/1\] .* mIoU: ', out)


@pytest.mark.parametrize('tool', ['dist_train.sh', 'dist_test.sh'])
def test_too_few_arguments_show_the_usage(tool):
    code, _, err = run(TOOLS / tool, 'CONFIG')
    assert code == 2
    assert f'tools/{tool} CONFIG' in err


@pytest.mark.parametrize(
    'tool', ['dist_train', 'dist_test', 'dist_demo', 'slurm_train', 'slurm_test']
)
def test_scripts_are_three_lines_for_any_shell(tool):
    """Nothing that an old bash or a system without GNU's tools would not have."""
    lines = (TOOLS / f'{tool}.sh').read_text().splitlines()
    assert len(lines) == 3
    assert lines[2].startswith('exec python "')
    assert lines[2].endswith(f'/launch.py" {tool} "$@"')


def test_a_crash_keeps_its_traceback_and_gets_nothing_beside(tmp_path):
    config = write_tiny_config(tmp_path)
    config.write_text(config.read_text() + "\nraise RuntimeError('a bug')\n")
    code, _, err = run(TOOLS / 'dist_train.sh', config, 2, OMP_NUM_THREADS='1')
    assert code == 1
    assert 'RuntimeError: a bug' in err
    assert 'elastic' not in err
    assert 'engine/processes.py' not in err


def test_a_mistake_is_told_once(tmp_path):
    code, _, err = run(TOOLS / 'dist_train.sh', tmp_path / 'none.py', 2)
    assert code == 2
    (line,) = [line for line in err.splitlines() if 'error' in line]
    assert line.startswith(f'error: no config file {tmp_path}/none.py')
    code, _, err = run(TOOLS / 'dist_train.sh', 'hrvit_b1_ade20k', 'two')
    assert code == 2
    assert 'error: PROCESSES=two: give a whole number, 1 or more' in err


@pytest.mark.full
def test_two_machines(tmp_path):
    config = write_tiny_config(tmp_path)
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    machines = [
        start(
            *(TOOLS / 'dist_train.sh', config, 1),
            NNODES='2',
            NODE_RANK=rank,
            PORT=str(port),
            OMP_NUM_THREADS='1',
        )
        for rank in '01'
    ]
    ends = [machine.communicate(timeout=600) for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], ends
    assert 'Iter(val) [1/1]' in ends[0][0]
