import errno
import os
from types import SimpleNamespace

import pytest

from mmseg_hrvit import DurableCheckpointHook
from mmseg_hrvit.checkpoints import durable, load_from_local
from mmseg_hrvit.engine import disk_space
from mmseg_hrvit.errors import InputError
from trainings import train


def names(folder):
    return sorted(path.name for path in folder.glob('*.pth*'))


@pytest.fixture
def flushed(monkeypatch):
    """For each file: its name, and the checkpoints when it is on the disk."""
    seen, replace = [], durable.Path.replace

    def note(path, target):
        seen.append((target.name, names(target.parent)))
        return replace(path, target)

    monkeypatch.setattr(durable.Path, 'replace', note)
    return seen


def test_an_older_checkpoint_goes_when_the_new_one_is_whole(tmp_path, flushed):
    train(tmp_path, max_iters=6, checkpoint=dict(max_keep_ckpts=1))
    there = dict(flushed)
    assert there['iter_4.pth'] == ['iter_2.pth', 'iter_4.pth.part']
    assert there['iter_6.pth'] == ['iter_4.pth', 'iter_6.pth.part']
    assert names(tmp_path) == ['iter_6.pth']
    assert (tmp_path / 'last_checkpoint').read_text() == str(tmp_path / 'iter_6.pth')


def test_the_old_best_goes_when_the_new_one_is_whole(tmp_path, flushed):
    best = 'best_score_iter_4.pth'
    train(
        tmp_path,
        max_iters=6,
        checkpoint=dict(save_best='score', rule='greater'),
        scores=[1, 3, 2],
    )
    assert 'best_score_iter_2.pth' in dict(flushed)[best]
    assert names(tmp_path) == [best, 'iter_2.pth', 'iter_4.pth', 'iter_6.pth']


@pytest.mark.parametrize('scores', [[1, 2], [2, 1]])
def test_the_last_checkpoint_holds_its_validation(tmp_path, scores):
    checkpoint = dict(save_best='score', rule='greater')
    train(tmp_path, checkpoint=checkpoint, scores=scores)
    info = load_from_local(tmp_path / 'iter_4.pth')['message_hub']['runtime_info']
    assert info['validated_iter'] == 4
    assert info['best_score'] == 2


def test_what_was_kept_is_known_after_a_resume(tmp_path):
    options = dict(checkpoint=dict(max_keep_ckpts=2))
    train(tmp_path, max_iters=4, **options)
    train(tmp_path, max_iters=8, resume=True, **options)
    assert names(tmp_path) == ['iter_6.pth', 'iter_8.pth']


@pytest.fixture
def full(monkeypatch):
    """A disk that has room for two checkpoints."""
    fsync = os.fsync

    def flush(descriptor):
        folder = os.path.dirname(os.readlink(f'/proc/self/fd/{descriptor}'))
        if sum('.pth' in name for name in os.listdir(folder)) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    monkeypatch.setattr(durable.os, 'fsync', flush)


def test_a_full_disk_ends_the_run_and_keeps_what_is_there(tmp_path, full):
    with pytest.raises(InputError, match=r'iter_6\.pth .*No space left'):
        train(tmp_path, max_iters=8)
    assert names(tmp_path) == ['iter_2.pth', 'iter_4.pth']
    assert (tmp_path / 'last_checkpoint').read_text().endswith('iter_4.pth')


def test_older_checkpoints_make_room_if_asked(tmp_path, full):
    train(tmp_path, max_iters=8, checkpoint=dict(thin_when_full=True))
    assert names(tmp_path) == ['iter_6.pth', 'iter_8.pth']


def test_the_last_checkpoint_never_makes_room(tmp_path, full):
    (tmp_path / 'others.pth').touch()
    with pytest.raises(InputError, match=r'iter_4\.pth .*No space left'):
        train(tmp_path, checkpoint=dict(thin_when_full=True))
        train(tmp_path, max_iters=6, checkpoint=dict(thin_when_full=True))
    assert 'iter_2.pth' in names(tmp_path)


@pytest.mark.parametrize(
    'options, files',
    [
        ({}, 4),  # three checkpoints, and the one that is being written
        (dict(max_keep_ckpts=1), 2),
        (dict(interval=-1), 2),
        (dict(thin_when_full=True), 2),
    ],
)
def test_the_room_is_checked_first(tmp_path, monkeypatch, options, files):
    size = 3 * 4 * 4  # bytes of weights and of two states for each
    usage = SimpleNamespace(free=files * size - 1)
    monkeypatch.setattr(disk_space.shutil, 'disk_usage', lambda _: usage)
    options = {'interval': 2, **options}
    with pytest.raises(InputError, match='GiB free'):
        train(tmp_path, max_iters=6, checkpoint=options)
    assert names(tmp_path) == []
    usage.free += 1
    train(tmp_path, max_iters=6, checkpoint=options)


@pytest.mark.parametrize('option', ['thin_when_ful', 'backend_args'])
def test_unknown_options_are_told_at_once(option):
    with pytest.raises(TypeError, match=option):
        DurableCheckpointHook(interval=2, **{option: dict(a=1)})
