"""dist_train.sh, dist_test.sh and the torchrun.py behind them."""

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
# Written at once: torchrun unbuffers, and print would mix the processes' words.
REPORT = """
import os
names = 'RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'OMP_NUM_THREADS'
os.write(1, ' '.join(['report', *(os.environ[n] for n in names)]).encode() + b'\\n')
"""


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


def run_script(source, folder, **environ):
    script = folder / 'script.py'
    script.write_text(source)
    return run('python', TOOLS / 'torchrun.py', 2, script, **environ)


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


def test_a_crash_keeps_its_traceback_and_gets_nothing_beside(tmp_path):
    code, _, err = run_script("raise RuntimeError('a bug')", tmp_path)
    assert code == 1
    assert 'RuntimeError: a bug' in err
    assert 'elastic' not in err


def test_an_exit_status_comes_through(tmp_path):
    code, _, err = run_script('import sys; sys.exit(7)', tmp_path)
    assert (code, err) == (7, '')


def test_a_killed_process_is_named(tmp_path):
    source = "import os; os.environ['RANK'] == '1' and os.kill(os.getpid(), 9)"
    code, _, err = run_script(source, tmp_path)
    assert (code, err) == (128 + 9, 'error: rank 1 was ended by SIGKILL\n')


def test_one_machine(tmp_path):
    code, out, _ = run_script(REPORT, tmp_path, OMP_NUM_THREADS='3')
    assert code == 0
    assert sorted(out.splitlines()) == [
        'report 0 2 127.0.0.1 3',
        'report 1 2 127.0.0.1 3',
    ]


def test_two_machines(tmp_path):
    script = tmp_path / 'script.py'
    script.write_text(REPORT)
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    machines = [
        start(
            *('python', TOOLS / 'torchrun.py', 1, script),
            NNODES='2',
            NODE_RANK=rank,
            PORT=str(port),
            OMP_NUM_THREADS='1',
        )
        for rank in '01'
    ]
    out = ''.join(machine.communicate(timeout=600)[0] for machine in machines)
    assert sorted(out.splitlines()) == [
        'report 0 2 127.0.0.1 1',
        'report 1 2 127.0.0.1 1',
    ]
