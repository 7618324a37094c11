"""slurm_train.sh and slurm_test.sh, with commands that write their arguments."""

import os
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'

# srun ends with STATUS, after it has sent the job SIGNAL and was told of it.
ENDS = dict(
    sbatch='',
    scontrol='',
    srun="""
    echo "port $MASTER_PORT" >&2
    trap 'echo "told $SIGNAL"; exit "$STATUS"' USR1 TERM
    if [ -n "$SIGNAL" ]; then kill "-$SIGNAL" $PPID; while :; do sleep 0.05; done; fi
    exit "${STATUS:-0}"
    """,
)


def run(folder, tool, *arguments, **environ):
    """Runs a script, with commands of Slurm's names that tell how they were called."""
    for name in ('srun', 'sbatch', 'scontrol'):
        command = folder / name
        command.write_text(f'#!/bin/sh\necho {name}\nprintf "%s\\n" "$@"\n{ENDS[name]}')
        command.chmod(0o755)
    done = subprocess.run(
        [TOOLS / tool, *arguments],
        env={**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}', **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_train_is_a_batch_job(tmp_path):
    arguments = ('part', 'job', 'CONFIG', '--cfg-options', 'a=[1, 2]')
    code, out, _ = run(
        *(tmp_path, 'slurm_train.sh', *arguments),
        SBATCH_ARGS='--time=1 --exclusive',
        GRACE='60',
    )
    assert code == 0
    assert out == [
        'sbatch',
        '-p',
        'part',
        '--job-name=job',
        '--gres=gpu:8',
        '--ntasks=8',
        '--ntasks-per-node=8',
        '--cpus-per-task=5',
        '--requeue',
        '--open-mode=append',
        '--signal=B:USR1@60',
        '--time=1',
        '--exclusive',
        str(TOOLS / 'slurm_train.sh'),
        *arguments,
    ]


def run_job(folder, **environ):
    arguments = ('part', 'job', 'CONFIG', '--cfg-options', 'a=[1, 2]')
    return run(
        *(folder, 'slurm_train.sh', *arguments),
        **(dict(SLURM_JOB_ID='7', HRVIT_TOOLS=str(TOOLS)) | environ),
    )


SRUN = [
    *('srun', '--kill-on-bad-exit=1', '--cpus-per-task=5', 'python', '-u'),
    *(
        str(TOOLS / 'train.py'),
        'CONFIG',
        '--launcher',
        'slurm',
        '--cfg-options',
        'a=[1, 2]',
    ),
]
REQUEUE = ['scontrol', 'requeue', '7']


def test_a_job_has_its_own_port_and_cores_and_resumes(tmp_path):
    environ = dict(SLURM_RESTART_COUNT='1', SLURM_CPUS_PER_TASK='12', STATUS='75')
    code, out, err = run_job(tmp_path, **environ)
    own = [part.replace('per-task=5', 'per-task=12') for part in SRUN]
    assert (code, out) == (75, [*own, '--resume', *REQUEUE])
    assert 'port 10007\n' in err


@pytest.mark.parametrize('status, then', [(0, []), (137, REQUEUE)])
def test_a_job_that_was_lost_is_queued_again(tmp_path, status, then):
    code, out, err = run_job(tmp_path, STATUS=str(status), MASTER_PORT='12345')
    assert (code, out) == (status, [*SRUN, *then])
    assert 'port 12345\n' in err


@pytest.mark.parametrize('signal, then', [('USR1', REQUEUE), ('TERM', [])])
def test_a_signal_to_the_job_reaches_its_tasks(tmp_path, signal, then):
    """Slurm warns by USR1; after TERM it requeues the job itself, or ends it."""
    code, out, _ = run_job(tmp_path, SIGNAL=signal, STATUS='75')
    assert (code, out) == (75, [*SRUN, f'told {signal}', *then])


def test_test(tmp_path):
    code, out, err = run(
        *(tmp_path, 'slurm_test.sh', 'part', 'job', 'CONFIG', 'a.pth', '--tta'),
        SLURM_JOB_ID='7',
        GPUS='16',
        GPUS_PER_NODE='4',
        CPUS_PER_TASK='2',
        SRUN_ARGS='--time=1 --exclusive',
    )
    assert code == 0
    assert err == 'port 10007\n'
    assert out[3:11] == [
        '--job-name=job',
        '--gres=gpu:4',
        '--ntasks=16',
        '--ntasks-per-node=4',
        '--cpus-per-task=2',
        '--kill-on-bad-exit=1',
        '--time=1',
        '--exclusive',
    ]
    assert out[13:] == [
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
