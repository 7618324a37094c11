"""When a job of Slurm is queued again."""

from signal import SIGTERM, SIGUSR1
from types import SimpleNamespace

import pytest

from hrvit_cli import Verb
from mmseg_hrvit.engine import slurm, work_dir


@pytest.fixture
def train(monkeypatch, tmp_path):
    """A function that trains in a job whose srun ends as is told."""
    monkeypatch.delenv('RESTARTS', raising=False)
    monkeypatch.setenv('SLURM_JOB_ID', '7')
    monkeypatch.setattr(
        work_dir, 'load_config', lambda args: SimpleNamespace(work_dir=tmp_path)
    )
    queued = []
    monkeypatch.setattr(
        slurm.subprocess, 'run', lambda command, check: queued.append(command)
    )

    def train(status, reason=None, stop=None, starts=0, saves=False, argv=('CONFIG',)):
        commands = []

        def run(launcher, children):
            commands.extend(child.command for child in children)
            for name, text in (('stop_reason', reason), ('last_checkpoint', saves)):
                if text:
                    (tmp_path / name).write_text(f'{text}\n')
            launcher.stopped_by = stop
            return status

        queued.clear()
        monkeypatch.setattr(slurm.Launcher, 'run', run)
        monkeypatch.setenv('SLURM_RESTART_COUNT', str(starts))
        assert slurm.train(['srun', *argv], Verb('train').parse_args(argv)) == status
        assert queued in ([], [['scontrol', 'requeue', '7']])
        return bool(queued), commands[0]

    return train


@pytest.mark.parametrize(
    'status, options, again',
    [
        (0, {}, False),
        (1, {}, False),
        (2, {}, False),
        (75, {}, True),
        (137, {}, True),
        (142, {}, True),
        # srun tells the highest status: of those that were ended with the first.
        (137, dict(reason='config'), False),
        (143, dict(reason='data'), False),
        (143, dict(reason='numeric'), False),
        (143, dict(reason='preempted'), True),
        # The time is nearly over.
        (143, dict(stop=SIGUSR1), True),
        (2, dict(stop=SIGUSR1), False),
        (137, dict(stop=SIGUSR1, reason='numeric'), False),
        # Slurm ends the job itself.
        (75, dict(stop=SIGTERM), False),
        # A loss that comes again and again is an error, unless there is progress.
        (142, dict(starts=3), False),
        (142, dict(starts=3, saves=True), True),
        (75, dict(starts=300), True),
    ],
)
def test_what_is_queued_again(train, status, options, again):
    assert train(status, **options)[0] == again


def test_a_job_resumes_when_it_is_started_again(train):
    assert train(0)[1] == ['srun', 'CONFIG']
    assert train(0, starts=1)[1] == ['srun', 'CONFIG', '--resume']
    argv = ('CONFIG', '--resume')
    assert train(0, starts=1, argv=argv)[1] == ['srun', *argv]
