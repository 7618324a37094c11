"""When dist_train.sh starts a run again, with a python that ends as a test says."""

import os
import subprocess

import pytest

from paths import TOOLS

# Of torchrun.py it notes the arguments after the script and ends with the next
# status of STATUSES; of stop_reason.py it prints REASON.
PYTHON = """#!/bin/bash
if [ "$(basename "$1")" = stop_reason.py ]; then
    echo 'something that a package says'
    echo "$REASON"
    exit
fi
echo "${@:4}" >>"$CALLS"
count=$(wc -l <"$CALLS")
trap 'echo told >>"$CALLS"; exit 143' TERM
if [ -n "$SIGNAL" ]; then kill "-$SIGNAL" $PPID; while :; do sleep 0.05; done; fi
exit "$(cut -d ' ' -f "$count" <<<"$STATUSES")"
"""
FIRST = 'CONFIG --launcher pytorch --amp'
AGAIN = f'{FIRST} --resume'


def run(folder, statuses='0', **environ):
    python = folder / 'python'
    python.write_text(PYTHON)
    python.chmod(0o755)
    calls = folder / 'calls'
    environ = {'REASON': '', 'SIGNAL': '', **environ}
    done = subprocess.run(
        [TOOLS / 'dist_train.sh', 'CONFIG', '2', '--amp'],
        env={
            **os.environ,
            'PATH': f'{folder}:{os.environ["PATH"]}',
            'CALLS': str(calls),
            'STATUSES': statuses,
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, calls.read_text().splitlines()


@pytest.mark.parametrize(
    'statuses, environ, status, calls',
    [
        ('0', {}, 0, [FIRST]),
        ('137 0', {}, 0, [FIRST, AGAIN]),
        ('137 139 143 0', {}, 0, [FIRST, AGAIN, AGAIN, AGAIN]),
        ('137 137 137 137', {}, 137, [FIRST, AGAIN, AGAIN, AGAIN]),
        ('137 137', dict(RESTARTS='1'), 137, [FIRST, AGAIN]),
        ('137', dict(RESTARTS='0'), 137, [FIRST]),
        ('137 2', {}, 2, [FIRST, AGAIN]),
        ('2', {}, 2, [FIRST]),
        ('1', {}, 1, [FIRST]),
        ('1 0', dict(NNODES='2'), 0, [FIRST, AGAIN]),
        ('75 0', dict(REASON='preempted'), 0, [FIRST, AGAIN]),
        ('137', dict(REASON='config'), 137, [FIRST]),
        ('137', dict(REASON='data'), 137, [FIRST]),
        ('1', dict(REASON='numeric', NNODES='2'), 1, [FIRST]),
    ],
)
def test_restarts(tmp_path, statuses, environ, status, calls):
    assert run(tmp_path, statuses, **environ) == (status, calls)


@pytest.mark.parametrize('signal', ['TERM', 'USR1'])
def test_a_signal_is_handed_on_as_one_that_torchrun_takes(tmp_path, signal):
    assert run(tmp_path, SIGNAL=signal) == (75, [FIRST, 'told'])
