"""When a run is started again, and with what."""

import os
import socket
from types import SimpleNamespace

import pytest

from hrvit_cli import Verb
from mmseg_hrvit.engine import launcher, work_dir
from mmseg_hrvit.engine.exit_codes import PREEMPTED
from mmseg_hrvit.engine.hooks import hang_watch, preemption
from mmseg_hrvit.engine.launcher import is_lost
from mmseg_hrvit.engine.processes import Launcher
from mmseg_hrvit.engine.ranks import make_ranks
from mmseg_hrvit.engine.work_dir import WorkDir
from mmseg_hrvit.errors import InputError

FIRST = ['train.py', 'CONFIG', '--amp', '--launcher', 'pytorch']
AGAIN = [*FIRST, '--resume']


def test_the_hooks_exit_as_the_table_says():
    assert hang_watch.HANG == launcher.HANG
    assert preemption.PREEMPTED == PREEMPTED


@pytest.fixture
def train(monkeypatch, tmp_path):
    """A function that trains with processes that end as is told."""
    for name in ('RESTARTS', 'NNODES'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        work_dir, 'load_config', lambda args: SimpleNamespace(work_dir=tmp_path)
    )

    def train(*ends, argv=('CONFIG', '--amp'), stop=None, **environ):
        """Each of ``ends`` is an exit status, or one and the reason."""
        calls, left = [], list(ends)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)

        def run_ranks(launcher, command, processes):
            calls.append([*command])
            status, reason = left.pop(0)
            if reason:
                (tmp_path / 'stop_reason').write_text(f'{reason}\n')
            launcher.stopped_by = stop
            return status

        monkeypatch.setattr(launcher, 'run_ranks', run_ranks)
        args = Verb('train').parse_args(argv)
        return launcher.train('train.py', args, '2', argv), calls

    return train


def ends(*statuses):
    return [end if isinstance(end, tuple) else (end, None) for end in statuses]


@pytest.mark.parametrize(
    'statuses, environ, status, calls',
    [
        ([0], {}, 0, [FIRST]),
        ([137, 0], {}, 0, [FIRST, AGAIN]),
        ([142, 134, 139, 0], {}, 0, [FIRST, AGAIN, AGAIN, AGAIN]),
        ([137] * 4, {}, 137, [FIRST, AGAIN, AGAIN, AGAIN]),
        ([137, 137], dict(RESTARTS='1'), 137, [FIRST, AGAIN]),
        ([137], dict(RESTARTS='0'), 137, [FIRST]),
        ([137, 2], {}, 2, [FIRST, AGAIN]),
        ([2], {}, 2, [FIRST]),
        ([2], dict(NNODES='2'), 2, [FIRST]),
        ([1], {}, 1, [FIRST]),
        ([1, 0], dict(NNODES='2'), 0, [FIRST, AGAIN]),
        ([130], {}, 130, [FIRST]),
        ([130], dict(NNODES='2'), 130, [FIRST]),
        ([75, 0], {}, 0, [FIRST, AGAIN]),
        ([(1, 'preempted'), 0], {}, 0, [FIRST, AGAIN]),
        ([(137, 'config')], {}, 137, [FIRST]),
        ([(137, 'data')], {}, 137, [FIRST]),
        ([(137, 'interrupted')], {}, 137, [FIRST]),
        ([(1, 'numeric')], dict(NNODES='2'), 1, [FIRST]),
    ],
)
def test_restarts(train, statuses, environ, status, calls):
    assert train(*ends(*statuses), **environ) == (status, calls)


def test_the_reason_of_an_older_run_is_none(train, tmp_path):
    (tmp_path / 'stop_reason').write_text('config\n')
    assert train(*ends(137, 0)) == (0, [FIRST, AGAIN])


@pytest.mark.parametrize('number, status', [(15, 75), (10, 75), (2, 130)])
def test_after_a_signal_nothing_is_started_again(train, number, status):
    assert train(*ends(137), stop=number) == (status, [FIRST])


def test_resume_is_said_once_and_a_dry_run_is_not_repeated(train):
    argv = ('CONFIG', '--resume')
    assert (
        train(*ends(137, 0), argv=argv)[1]
        == [['train.py', *argv, '--launcher', 'pytorch']] * 2
    )
    assert len(train(*ends(137), argv=('CONFIG', '--dry-run'))[1]) == 1


def test_a_wrong_number_is_told(train):
    with pytest.raises(
        InputError, match='RESTARTS=few: give a whole number, 0 or more'
    ):
        train(RESTARTS='few')


def test_the_number_of_processes_is_checked():
    with pytest.raises(InputError, match='PROCESSES=0: give a whole number, 1 or more'):
        launcher.run_ranks(Launcher(1.0), ['x.py'], '0')


def test_a_config_that_cannot_be_read_is_left_to_the_processes(tmp_path):
    config = tmp_path / 'config.py'
    config.write_text("import os\nos.environ['LEFT'] = '1'\nraise KeyError('x')\n")
    args = Verb('train').parse_args([str(config)])
    assert WorkDir.of(args).path is None
    assert WorkDir.of(args).reason is None
    assert 'LEFT' not in os.environ


def test_is_lost_without_a_reason():
    assert is_lost(137, None)
    assert not is_lost(0, 'preempted')


@pytest.fixture
def environ(monkeypatch):
    for name in (
        *('NNODES', 'NODE_RANK', 'MASTER_ADDR', 'PORT', 'OMP_NUM_THREADS'),
        *('GLOO_SOCKET_IFNAME', 'TORCHELASTIC_USE_AGENT_STORE'),
    ):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_ranks_of_one_machine_meet_at_a_port_that_is_taken(environ):
    ranks, store = make_ranks(['x'], 2)
    first, second = (rank.environ for rank in ranks)
    assert (first['RANK'], first['LOCAL_RANK'], first['WORLD_SIZE']) == ('0', '0', '2')
    assert (second['RANK'], second['LOCAL_RANK']) == ('1', '1')
    assert first['MASTER_PORT'] == second['MASTER_PORT'] == str(store.port)
    with pytest.raises(OSError, match='in use'):
        socket.create_server(('', store.port))
    assert first['GLOO_SOCKET_IFNAME'].startswith('lo')
    assert int(first['OMP_NUM_THREADS']) >= 1
    environ.setenv('OMP_NUM_THREADS', '3')
    environ.setenv('GLOO_SOCKET_IFNAME', 'eth7')
    mine = make_ranks(['x'], 2)[0][0].environ
    assert (mine['OMP_NUM_THREADS'], mine['GLOO_SOCKET_IFNAME']) == ('3', 'eth7')


def test_ranks_of_one_of_several_machines(environ):
    for name, value in dict(
        NNODES='3', NODE_RANK='2', MASTER_ADDR='first', PORT='1234'
    ).items():
        environ.setenv(name, value)
    ranks, store = make_ranks(['x'], 4)
    last = ranks[-1].environ
    assert store is None
    assert (last['RANK'], last['WORLD_SIZE']) == ('11', '12')
    assert (last['MASTER_ADDR'], last['MASTER_PORT']) == ('first', '1234')
    assert 'GLOO_SOCKET_IFNAME' not in last
    assert 'TORCHELASTIC_USE_AGENT_STORE' not in last


def test_ranks_find_each_other(environ, tmp_path):
    """Two processes add their ranks up by gloo."""
    script = tmp_path / 'script.py'
    script.write_text(
        'import torch\nfrom torch import distributed\n'
        "distributed.init_process_group('gloo')\n"
        'total = torch.tensor(distributed.get_rank() + 1)\n'
        'distributed.all_reduce(total)\n'
        'distributed.destroy_process_group()\n'  # else torch may abort at the exit
        'raise SystemExit(0 if total == 3 else 9)\n'
    )
    with Launcher(5.0) as processes:
        assert launcher.run_ranks(processes, [str(script)], '2') == 0
