"""A command says what its user needs; the log file has all."""

import os
import re
import subprocess
import sys

import pytest

from data import write_tiny_config
from paths import ROOT

MOST = 60  # lines before the first loss
OF_OTHERS = (
    'Could not import OneDL', 'MultiScaleDeformableAttention', 'avg_non_ignore',
    'FileClient', 'HardDiskBackend', 'The draw is False', 'prefix is not set',
    'will convert from',
)  # fmt: skip


def run(*command):
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env=os.environ | dict(PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.fixture(scope='module')
def training(tmp_path_factory):
    """A training's lines on the screen, and its log file."""
    folder = tmp_path_factory.mktemp('quiet')
    shown = run(ROOT / 'tools/train.py', write_tiny_config(folder))
    (log,) = (folder / 'work').glob('2*/*.log')
    return shown, log.read_text()


def test_lines_before_the_first_loss(training):
    shown, _ = training
    before, found, _ = shown.partition('Iter(train)')
    assert found
    assert before.count('\n') < MOST


def test_nothing_of_others_that_is_known_to_be_harmless(training):
    for line in OF_OTHERS:
        assert line not in training[0]


def test_an_evaluation_tells_its_figures_alone(training):
    (line,) = re.findall(r'Iter\(val\) .*mIoU: .*', training[0])
    names = re.findall(r'(\w+): ', line.partition(']')[2])
    assert names == ['aAcc', 'mIoU', 'mAcc', 'data_time', 'time']


def test_environment_groups_and_hooks_are_told_in_short(training):
    shown, _ = training
    environment = re.search(r'environment:\n((?:  .*\n)*)', shown)[1]
    assert 'PyTorch: ' in environment
    assert environment.count('\n') <= 10
    assert 'processes: 1\n' in environment
    assert 'GPU number' not in environment
    groups = re.search(r'AdamW:\n((?:  lr .*\n)*)', shown)[1]
    assert 1 < groups.count('\n') <= 5
    assert 'StrictCheckpointHook, RuntimeInfoHook' in shown
    assert re.search(r'config: \d+ lines, all in .*\.log', shown)


def test_the_log_file_has_all(training):
    _, log = training
    for text in (
        'PyTorch compiling details',
        'paramwise_options -- ',
        '\nmodel = dict(',
    ):
        assert text in log


def test_an_import_says_nothing_and_hides_nothing_else():
    code = (
        'import warnings, sys; import mmseg_hrvit;'
        'warnings.warn_explicit("The draw is False", UserWarning, "a.py", 1, "mine");'
        'warnings.warn_explicit("another", UserWarning, "a.py", 1, "mmseg.hooks")'
    )
    shown = run('-c', code).splitlines()
    assert [line for line in shown if 'Warning' in line] == [
        'a.py:1: UserWarning: The draw is False',
        'a.py:1: UserWarning: another',
    ]
    assert len(shown) == 2
