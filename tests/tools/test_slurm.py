"""slurm_train.sh and slurm_test.sh, with an srun that writes its arguments."""

import os
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'


def run(folder, tool, *arguments, **environ):
    srun = folder / 'srun'
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    srun.chmod(0o755)
    done = subprocess.run(
        [TOOLS / tool, *arguments],
        env={**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}', **environ},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_train(tmp_path):
    options = ('--resume', '--cfg-options', 'a=[1, 2]')
    code, out, _ = run(tmp_path, 'slurm_train.sh', 'part', 'job', 'CONFIG', *options)
    assert code == 0
    assert out == [
        '-p',
        'part',
        '--job-name=job',
        '--gres=gpu:8',
        '--ntasks=8',
        '--ntasks-per-node=8',
        '--cpus-per-task=5',
        '--kill-on-bad-exit=1',
        'python',
        '-u',
        str(TOOLS / 'train.py'),
        'CONFIG',
        '--launcher',
        'slurm',
        *options,
    ]


def test_test(tmp_path):
    code, out, _ = run(
        *(tmp_path, 'slurm_test.sh', 'part', 'job', 'CONFIG', 'a.pth', '--tta'),
        GPUS='16',
        GPUS_PER_NODE='4',
        CPUS_PER_TASK='2',
        SRUN_ARGS='--time=1 --exclusive',
    )
    assert code == 0
    assert out[2:10] == [
        '--job-name=job',
        '--gres=gpu:4',
        '--ntasks=16',
        '--ntasks-per-node=4',
        '--cpus-per-task=2',
        '--kill-on-bad-exit=1',
        '--time=1',
        '--exclusive',
    ]
    assert out[12:] == [
        str(TOOLS / 'test.py'),
        'CONFIG',
        'a.pth',
        '--launcher',
        'slurm',
        '--tta',
    ]


@pytest.mark.parametrize('tool', ['slurm_train.sh', 'slurm_test.sh'])
def test_too_few_arguments_show_the_usage(tool, tmp_path):
    code, out, err = run(tmp_path, tool, 'part', 'job')
    assert (code, out) == (2, [])
    assert f'tools/{tool} PARTITION' in err
