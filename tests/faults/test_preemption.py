"""A signal of the cluster saves at once, and costs nothing."""

import signal

import pytest

from faults.runs import Life, finish, results, write_config
from mmseg_hrvit.analysis.killed_run import digest
from mmseg_hrvit.engine.stop_reason import read_stop_reason

PREEMPTED = 75
TERM, USR1 = signal.SIGTERM, signal.SIGUSR1


def iterations(life, rank=0):
    return sum(event.startswith('train') for event in life.told(rank))


def preempt(config, work_dir, processes, kind, number, rank):
    """Signals a rank, or all processes where rank is None; returns what was saved."""
    life = Life(config, work_dir, processes=processes)
    life.wait_for(kind, 2, rank or 0)
    before = iterations(life)
    if rank is None:
        life.signal_all(number)
    else:
        life.signal(number, rank)
    assert life.end() == [PREEMPTED] * processes, life.tail()
    # The iteration that runs, and the next.
    assert iterations(life) <= before + 2
    assert read_stop_reason(work_dir) == 'preempted'
    begun = [int(e.split()[1]) for e in life.told() if e.startswith('train')]
    if begun:
        saved = (work_dir / 'last_checkpoint').read_text()
        assert saved.endswith(f'iter_{begun[-1] + 1}.pth')


def check(folder, record, signals, processes):
    config = write_config(folder)
    untouched, work_dir = folder / 'untouched', folder / 'preempted'
    finish(config, untouched, processes=processes)
    for kind, number, rank in signals:
        preempt(config, work_dir, processes, kind, number, rank)
    finish(config, work_dir, processes=processes)
    assert digest(work_dir) == digest(untouched)
    assert results(work_dir) == results(untouched)
    record('resumes bit-exact', len(signals))
    record('faults injected', len(signals))


@pytest.mark.faults
def test_one_process(tmp_path, record_property):
    signals = [('train', TERM, None), ('val', USR1, None), ('train', USR1, 0)]
    check(tmp_path, record_property, signals, processes=1)


@pytest.mark.faults
def test_two_processes(tmp_path, record_property):
    signals = [('train', USR1, 1), ('val', TERM, None), ('val', TERM, 1)]
    check(tmp_path, record_property, signals, processes=2)
