"""The launcher's processes and signals, with shells for ranks."""

import os
import signal
import subprocess
import sys
import time
from threading import Thread

import pytest

from mmseg_hrvit.engine.processes import PATIENCE, Launcher, first_failure
from mmseg_hrvit.engine.ranks import Child
from paths import ROOT

# Notes the signals that it gets and ends after the first with its number.
NOTES = """
import os, signal, sys, time
def note(number, frame):
    if len(sys.argv) < 3:
        for other in (1, 2, 10, 15):  # none of them comes in between
            signal.signal(other, signal.SIG_IGN)
    with open(sys.argv[1], 'a') as file:
        file.write(f'{number}\\n')
    if len(sys.argv) < 3:
        sys.exit(100 + number)
for number in (1, 2, 10, 15):
    signal.signal(number, note)
open(sys.argv[1], 'a').close()
time.sleep(60)
"""


def shell(script, **environ):
    return Child(['sh', '-c', script], {**os.environ, **environ})


def noting(path, *arguments):
    return Child([sys.executable, '-c', NOTES, str(path), *arguments], os.environ)


def run(*children, grace=20.0, signals=(), ready=()):
    """Runs children, and sends signals to this process once files are there."""
    with Launcher(grace) as launcher:
        if signals:
            Thread(target=send, args=(signals, ready)).start()
        return launcher.run(children), launcher


def send(signals, ready):
    while not all(path.exists() for path in ready):
        time.sleep(0.05)
    for number in signals:
        os.kill(os.getpid(), number)
        time.sleep(1.0)


def test_all_end_well():
    assert run(shell('exit 0'), shell('sleep 0.3'))[0] == 0


def test_the_first_that_fails_ends_the_others(tmp_path):
    started = time.monotonic()
    notes = tmp_path / 'notes'
    failing = shell(f'while [ ! -e {notes} ]; do sleep 0.05; done; exit 7')
    assert run(noting(notes), failing)[0] == 7
    assert notes.read_text() == '15\n'
    assert time.monotonic() - started < 20


def test_one_that_does_not_end_is_killed(tmp_path):
    notes = tmp_path / 'notes'
    failing = shell(f'while [ ! -e {notes} ]; do sleep 0.05; done; exit 7')
    started = time.monotonic()
    assert run(noting(notes, 'stays'), failing, grace=1.0)[0] == 7
    assert time.monotonic() - started < 20


def test_one_that_was_killed_is_named(capfd):
    assert run(shell('sleep 60'), shell('kill -9 $$'))[0] == 137
    line = 'error: rank 1 was ended by SIGKILL (usually by the out-of-memory killer)\n'
    assert capfd.readouterr().err == line


@pytest.mark.parametrize(
    'statuses, failure',
    [
        ([None, 0], (0, 0)),
        ([1, -9], (1, -9)),
        ([1, 75], (1, 75)),
        ([-6, 2], (1, 2)),
        ([1, 1], (0, 1)),
    ],
)
def test_which_of_several_failures_counts(statuses, failure):
    assert first_failure(statuses) == failure


@pytest.mark.parametrize(
    'number, handed_on, status',
    [
        (signal.SIGTERM, 15, 75),
        (signal.SIGUSR1, 10, 75),
        (signal.SIGHUP, 15, 75),
        (signal.SIGINT, 2, 130),
    ],
)
def test_a_signal_is_handed_on_once(tmp_path, number, handed_on, status):
    notes = [tmp_path / name for name in 'ab']
    before = signal.getsignal(number)
    code, launcher = run(*map(noting, notes), signals=[number], ready=notes)
    assert code == 100 + handed_on
    assert launcher.exit_status(code) == status
    for path in notes:
        # The first to end may end the other, after it has been told.
        assert path.read_text().splitlines()[0] == str(handed_on)
        assert path.read_text().splitlines().count(str(handed_on)) == 1
    assert signal.getsignal(number) is before


def test_a_run_that_ends_well_or_by_a_mistake_says_so_after_a_signal(tmp_path):
    for status in (0, 2):
        ready = tmp_path / str(status)
        script = (
            f"trap 'exit {status}' TERM; touch {ready}; while :; do sleep 0.1; done"
        )
        code, launcher = run(shell(script), signals=[signal.SIGTERM], ready=[ready])
        assert launcher.exit_status(code) == code == status


def test_after_a_second_interrupt_nobody_is_waited_for(tmp_path):
    notes = tmp_path / 'notes'
    interrupts = [signal.SIGINT, signal.SIGINT]
    started = time.monotonic()
    code, launcher = run(
        noting(notes, 'stays'), grace=60.0, signals=interrupts, ready=[notes]
    )
    assert launcher.exit_status(code) == 130
    assert notes.read_text().split()[:2] == ['2', '2']
    assert time.monotonic() - started < PATIENCE + 30


def test_processes_that_do_not_save_in_time_are_killed(tmp_path):
    notes = tmp_path / 'notes'
    child, signals = noting(notes, 'stays'), [signal.SIGTERM]
    code, launcher = run(child, grace=1.0, signals=signals, ready=[notes])
    assert (code, launcher.exit_status(code)) == (137, 75)


def test_after_a_signal_nothing_is_started(tmp_path):
    with Launcher(1.0) as launcher:
        os.kill(os.getpid(), signal.SIGTERM)
        assert launcher.exit_status(launcher.run([shell(f'touch {tmp_path}/x')])) == 75
    assert not (tmp_path / 'x').exists()


def test_nohup_is_obeyed_and_an_ignored_interrupt_is_not():
    """A shell's `&` ignores SIGINT; whoever sends it by hand means it."""
    code = (
        'import signal; from mmseg_hrvit.engine.processes import Launcher\n'
        'with Launcher(1.0) as launcher:\n'
        '    print(*[signal.getsignal(n) == launcher._receive for n in (1, 2)])'
    )
    done = subprocess.run(
        ['sh', '-c', 'trap \'\' INT HUP; exec "$@"', 'sh', sys.executable, '-c', code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.endswith('False True\n'), done.stderr
