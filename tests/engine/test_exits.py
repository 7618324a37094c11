import signal

import pytest
from torch import distributed
from torch.utils.data import DataLoader, Dataset

from mmseg_hrvit.engine import exits
from mmseg_hrvit.engine.signals import Notice
from mmseg_hrvit.errors import InputError


class Broken(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise InputError('label.png is\nwrong: mend it')


@pytest.mark.parametrize('num_workers', [0, 1])
def test_an_input_error_is_one_line(num_workers, capfd):
    with pytest.raises(SystemExit) as exit, exits.one_line_errors():
        list(DataLoader(Broken(), num_workers=num_workers))
    assert exit.value.code == exits.INPUT_ERROR
    assert capfd.readouterr().err == 'error: label.png is wrong: mend it\n'


@pytest.mark.parametrize('joined, waits', [(False, []), (True, [1])])
def test_other_errors_pass_through(joined, waits, monkeypatch, capfd):
    slept = []
    monkeypatch.setattr(exits.time, 'sleep', slept.append)
    monkeypatch.setattr(exits.distributed, 'is_initialized', lambda: joined)
    with pytest.raises(ValueError, match='a bug'), exits.one_line_errors():
        raise ValueError('a bug')
    assert capfd.readouterr().err == ''
    assert slept == [n * exits.PATIENCE for n in waits]


@pytest.mark.parametrize(
    'environ, waits',
    [
        (dict(RANK='0', LOCAL_RANK='0'), []),
        (dict(RANK='1', LOCAL_RANK='1'), [2]),
        (dict(RANK='8', LOCAL_RANK='0'), [1]),
    ],
)
def test_other_ranks_wait_for_rank_0(environ, waits, monkeypatch, capfd):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    slept = []
    monkeypatch.setattr(exits.time, 'sleep', slept.append)
    with pytest.raises(SystemExit), exits.one_line_errors():
        raise InputError('no data')
    assert slept == [n * exits.PATIENCE for n in waits]
    told = '' if environ['RANK'] == '0' else f' (rank {environ["RANK"]})'
    assert capfd.readouterr().err == f'error: no data{told}\n'


def test_a_process_leaves_its_group_at_its_end():
    """Else torch may abort at the exit, with status 134."""
    store = distributed.HashStore()
    with exits.one_line_errors():
        distributed.init_process_group('gloo', store=store, rank=0, world_size=1)
    assert not distributed.is_initialized()


def test_an_interrupt_is_one_line(capfd):
    with pytest.raises(SystemExit) as exit, exits.one_line_errors():
        raise KeyboardInterrupt
    assert exit.value.code == exits.INTERRUPTED
    assert capfd.readouterr().err == 'interrupted\n'


@pytest.mark.parametrize('comes_before', [True, False])
def test_a_rank_obeys_a_signal_once_it_has_failed(comes_before, monkeypatch):
    """One that came before the error, and that its handler has only noted."""

    def leave(status):
        raise SystemExit(status)

    monkeypatch.setattr(exits.distributed, 'is_initialized', lambda: True)
    monkeypatch.setattr(exits.time, 'sleep', lambda _: None)
    monkeypatch.setattr(exits, 'exit_at_once', leave)
    before = signal.signal(signal.SIGTERM, Notice(lambda number: None))
    error = SystemExit if comes_before else ValueError
    try:
        with pytest.raises(error) as raised, exits.one_line_errors():
            if comes_before:
                signal.raise_signal(signal.SIGTERM)
            raise ValueError('a bug')
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
    assert raised.value.args == (143 if comes_before else 'a bug',)
