"""The script runs in a copy of the checkout, with commands that only note calls."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from paths import ROOT, TOOLS

# Says its version like Python 3.11, and makes an environment with a Python of its own.
PYTHON = """#!/bin/sh
echo "$@" >>{calls}
case "$*" in
    *version_info*) exit {unsupported} ;;
    --version) echo Python 3.11.9 ;;
    *'venv .venv')
        mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp "$0" .venv/bin/pip ;;
esac
"""


@pytest.fixture
def clone(tmp_path):
    (tmp_path / 'tools').mkdir()
    shutil.copy(TOOLS / 'make_env.sh', tmp_path / 'tools')
    for name in ('requirements.txt', 'setup.py'):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def write_python(clone, unsupported=0):
    path = clone / 'fake-python'
    path.write_text(PYTHON.format(calls=clone / 'calls.txt', unsupported=unsupported))
    path.chmod(0o755)
    return path


def make_env(clone, *args, **variables):
    """Runs the script; returns its exit status, its lines, and all pip calls."""
    (clone / 'calls.txt').write_text('')
    clean = {k: v for k, v in os.environ.items() if k not in ('VENV', 'PYTHON')}
    done = subprocess.run(
        ['bash', clone / 'tools/make_env.sh', *args],
        env=clean | {k: str(v) for k, v in variables.items()},
        capture_output=True,
        text=True,
        timeout=600,
    )
    calls = (clone / 'calls.txt').read_text().splitlines()
    pips = [line.split('install ')[1] for line in calls if 'pip install' in line]
    return done.returncode, (done.stdout + done.stderr).splitlines(), pips


def test_it_makes_the_environment_once(clone):
    status, lines, pips = make_env(clone, PYTHON=write_python(clone))
    assert status == 0
    assert lines[0] == 'making .venv with Python 3.11.9'
    assert lines[-1] == 'the environment is ready: .venv'
    assert [pip.split()[-2:] for pip in pips] == [
        ['-r', 'requirements.txt'],
        ['-e', '.'],
    ]
    assert make_env(clone) == (0, lines[-1:], [])


def test_it_installs_what_has_changed(clone):
    make_env(clone, PYTHON=write_python(clone))
    with (clone / 'requirements.txt').open('a') as file:
        file.write('another\n')
    assert [pip.split()[-1] for pip in make_env(clone)[2]] == ['requirements.txt']


def test_it_installs_extras(clone):
    make_env(clone, PYTHON=write_python(clone))
    assert [pip.split()[-1] for pip in make_env(clone, 'tests')[2]] == ['.[tests]']
    assert make_env(clone, 'tests')[2] == []


def test_it_goes_on_where_pip_failed(clone):
    python = write_python(clone)
    text = python.read_text()
    python.write_text(
        text.replace('case', 'case "$*" in *pip*) exit 1;; esac\ncase', 1)
    )
    status, lines, pips = make_env(clone, PYTHON=python)
    assert (status, len(pips)) == (1, 1)
    assert 'the environment is ready: .venv' not in lines
    (clone / '.venv/bin/python').write_text(text)
    assert len(make_env(clone)[2]) == 2


def test_an_unsupported_python_is_one_line(clone):
    python = write_python(clone, unsupported=1)
    status, lines, _ = make_env(clone, PYTHON=python)
    assert status == 1
    assert lines == [
        f'error: {python} is not Python 3.10 to 3.13: set PYTHON to one that is'
    ]
    assert not (clone / '.venv').exists()


@pytest.mark.parametrize(
    ('version', 'status'),
    [((3, 9), 1), ((3, 10), 0), ((3, 13), 0), ((3, 14), 1)],
)
def test_which_versions_are_supported(version, status):
    script = (TOOLS / 'make_env.sh').read_text()
    check = re.search(r"supported='import sys; (.*)'", script)[1]
    code = f'import sys; sys.version_info = {(*version, 0)}; {check}'
    assert subprocess.run([sys.executable, '-c', code]).returncode == status
    classifier = f'Python :: {".".join(map(str, version))}'
    assert (classifier in (ROOT / 'setup.py').read_text()) == (status == 0)


def test_an_environment_of_ones_own_is_left_as_it_is(clone):
    status, lines, pips = make_env(clone, VENV=sys.prefix)
    assert (status, pips) == (0, [])
    assert lines == [f'using the environment {sys.prefix}']
    assert not (clone / '.venv').exists()


def test_an_environment_without_mmseg_is_one_line(clone):
    status, lines, _ = make_env(clone, VENV=clone)
    assert status == 1
    assert lines == [
        f'error: VENV={clone} is no environment with mmcv, mmengine and mmseg'
    ]
