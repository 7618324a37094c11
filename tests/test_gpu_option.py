"""The option ``--gpu`` of the tests, where there is no GPU."""

import os
import subprocess
import sys

import pytest

from paths import ROOT

pytestmark = pytest.mark.full


def run(*options):
    """Runs tests/gpu in a process of its own; returns exit status and output."""
    command = [sys.executable, '-m', 'pytest', 'tests/gpu', '-q', *options]
    environ = dict(os.environ, CUDA_VISIBLE_DEVICES='-1')
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True
    )
    return done.returncode, done.stdout


def test_one_line_where_there_is_no_gpu():
    status, out = run('--gpu')
    (line,) = [line for line in out.splitlines() if line.startswith('SKIPPED')]
    assert line.endswith('there is no GPU here')
    assert status == 0


def test_what_has_a_meaning_on_a_cpu_passes_there():
    status, out = run('--gpu', 'cpu')
    assert status == 0, out
    assert ' passed' in out
