import errno
import os
import shutil
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from mmengine.fileio import BaseStorageBackend, register_backend

from mmseg_hrvit import DurableCheckpointHook, files
from mmseg_hrvit.checkpoints import load_from_local
from mmseg_hrvit.engine import disk_space
from mmseg_hrvit.engine.hooks import durable_checkpoint
from mmseg_hrvit.errors import InputError
from trainings import make_runner, train


def names(folder):
    return sorted(path.name for path in folder.glob('*.pth*'))


@pytest.fixture
def flushed(monkeypatch):
    """For each file: its name, and the checkpoints when it is on the disk."""
    seen, replace = [], files.Path.replace

    def note(path, target):
        seen.append((target.name, names(target.parent)))
        return replace(path, target)

    monkeypatch.setattr(files.Path, 'replace', note)
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
    assert info['iter_validated'] == 4
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

    monkeypatch.setattr(files.os, 'fsync', flush)


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


def test_unknown_options_are_told_at_once():
    with pytest.raises(TypeError, match='thin_when_ful'):
        DurableCheckpointHook(interval=2, thin_when_ful=True)


@pytest.mark.parametrize('keep', [1, 2, -1])
def test_checkpoints_of_one_name_replace_each_other(tmp_path, keep):
    options = dict(
        filename_tmpl='latest.pth',
        max_keep_ckpts=keep,
        save_best='score',
        rule='greater',
    )
    train(tmp_path, max_iters=6, checkpoint=options, scores=[1, 2, 3])
    assert names(tmp_path) == ['best_score_latest.pth', 'latest.pth']
    resumed = train(tmp_path, max_iters=8, checkpoint=options, scores=[4], resume=True)
    assert names(tmp_path) == ['best_score_latest.pth', 'latest.pth']
    assert load_from_local(tmp_path / 'latest.pth')['meta']['iter'] == 8
    assert load_from_local(tmp_path / 'best_score_latest.pth')['meta']['iter'] == 8
    assert resumed.message_hub.get_info('best_ckpt') == str(
        tmp_path / 'best_score_latest.pth'
    )


def test_a_better_score_at_the_same_step_keeps_its_checkpoint(tmp_path):
    options = dict(save_best='score', rule='greater')
    runner = train(tmp_path, max_iters=2, checkpoint=options, scores=[1])
    (hook,) = [h for h in runner.hooks if isinstance(h, DurableCheckpointHook)]
    hook.after_val_epoch(runner, dict(score=2))
    assert 'best_score_iter_2.pth' in names(tmp_path)


def test_two_best_ones_of_the_same_name(tmp_path):
    """Characters that no file name may have are replaced."""
    options = dict(save_best=['a/score', 'a_score'], rule='greater')
    runner = train(tmp_path, max_iters=2, checkpoint=options)
    (hook,) = [h for h in runner.hooks if isinstance(h, DurableCheckpointHook)]
    runner.train_loop._iter = 2
    hook.after_val_epoch(runner, {'a/score': 1, 'a_score': 1})
    runner.train_loop._iter = 4
    hook.after_val_epoch(runner, {'a/score': 2, 'a_score': 0})
    assert {'best_a_score_iter_2.pth', 'best_a_score_iter_4.pth'} <= {*names(tmp_path)}


def test_a_metric_that_is_not_found_is_told(tmp_path):
    options = dict(save_best='mIoU')
    with pytest.raises(InputError, match="'mIoU', but the validation has found score"):
        train(tmp_path, max_iters=2, checkpoint=options, scores=[1])


@pytest.mark.parametrize('best', [dict(), dict(save_best='score', rule='greater')])
def test_a_validation_without_training_saves_nothing(tmp_path, best):
    runner = make_runner(tmp_path, checkpoint=best, scores=[1])
    assert runner.val() == dict(score=1)
    assert names(tmp_path) == []


def test_a_new_run_moves_an_older_one_aside(tmp_path):
    best = dict(save_best='score', rule='greater')
    train(tmp_path, max_iters=4, checkpoint=best, scores=[1, 2])
    older = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    (tmp_path / 'own.pth').touch()
    runner = train(tmp_path, max_iters=2)
    assert names(tmp_path) == ['iter_2.pth', 'own.pth']
    (aside,) = tmp_path.glob('before_*')
    assert aside.name == f'before_{runner.timestamp}'
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == older
    logs = ''.join(path.read_text() for path in tmp_path.glob('*/*.log'))
    assert (
        f'3 checkpoints of an older run, up to iter_4.pth, are now in {aside}' in logs
    )


def test_nothing_is_moved_before_all_ranks_have_loaded(tmp_path, monkeypatch):
    """They may start from a checkpoint that is about to be moved."""
    train(tmp_path)
    found = []
    monkeypatch.setattr(
        durable_checkpoint, 'barrier', lambda: found.append(names(tmp_path))
    )
    train(tmp_path, load_from=str(tmp_path / 'iter_2.pth'))
    assert found == [['iter_2.pth', 'iter_4.pth']]


def test_a_validation_that_is_made_up_for_is_saved_too(tmp_path):
    options = dict(checkpoint=dict(save_best='score', rule='greater'))
    train(tmp_path, max_iters=2, scores=[5], **options)
    checkpoint = load_from_local(tmp_path / 'iter_2.pth')
    del checkpoint['message_hub']['runtime_info']['iter_validated']
    torch.save(checkpoint, tmp_path / 'iter_2.pth')
    # As of a run that was killed while it wrote it with the result in it.
    for name in ('iter_2.pth.part', 'best_score_iter_2.pth.part', 'own.pth.part'):
        (tmp_path / name).touch()
    train(tmp_path, max_iters=2, scores=[1], resume=True, **options)
    info = load_from_local(tmp_path / 'iter_2.pth')['message_hub']['runtime_info']
    assert info['iter_validated'] == 2
    assert names(tmp_path) == ['best_score_iter_2.pth', 'iter_2.pth', 'own.pth.part']


def test_a_run_resumed_from_elsewhere_deletes_nothing_of_others(tmp_path):
    best = dict(save_best='score', rule='greater')
    train(tmp_path / 'a', max_iters=4, checkpoint=best, scores=[1, 2])
    train(tmp_path / 'b', max_iters=4)
    there = names(tmp_path / 'a')
    source = str(tmp_path / 'a/iter_4.pth')
    options = dict(checkpoint=dict(max_keep_ckpts=1, **best), scores=[3])
    make = make_runner(tmp_path / 'b', max_iters=6, resume=True, **options)
    make._load_from = source
    make.train()
    assert names(tmp_path / 'a') == there
    assert names(tmp_path / 'b') == ['best_score_iter_6.pth', 'iter_6.pth']
    (aside,) = (tmp_path / 'b').glob('before_*')
    assert names(aside) == ['iter_2.pth', 'iter_4.pth']


def test_a_run_that_goes_back_keeps_what_came_later(tmp_path):
    train(tmp_path, max_iters=6)
    runner = make_runner(tmp_path, max_iters=4, resume=True)
    runner._load_from = str(tmp_path / 'iter_2.pth')
    runner.train()
    assert names(tmp_path) == ['iter_2.pth', 'iter_4.pth']
    (aside,) = tmp_path.glob('before_*')
    assert names(aside) == ['iter_4.pth', 'iter_6.pth']


def test_a_copy_of_a_run_leaves_the_original_alone(tmp_path):
    best = dict(save_best='score', rule='greater')
    train(tmp_path / 'a', max_iters=2, checkpoint=best, scores=[1])
    shutil.copytree(tmp_path / 'a', tmp_path / 'b')
    there = names(tmp_path / 'a')
    runner = make_runner(
        tmp_path / 'b', checkpoint=best, scores=[2], resume=True, max_iters=4
    )
    runner._load_from = str(tmp_path / 'b/iter_2.pth')
    runner.train()
    assert names(tmp_path / 'a') == there
    assert names(tmp_path / 'b') == [
        'best_score_iter_4.pth',
        'iter_2.pth',
        'iter_4.pth',
    ]
    assert not [*(tmp_path / 'b').glob('before_*')]


def test_resuming_with_nothing_that_names_the_last_one_is_refused(tmp_path):
    train(tmp_path)
    (tmp_path / 'last_checkpoint').unlink()
    before = names(tmp_path)
    with pytest.raises(InputError, match=r'load_from=.*iter_4\.pth'):
        train(tmp_path, resume=True)
    assert names(tmp_path) == before


@register_backend('shelf', force=True)
class Shelf(BaseStorageBackend):
    """A backend that is no disk of this machine."""

    files: ClassVar = {}

    def get(self, filepath):
        return self.files[filepath]

    def get_text(self, filepath):
        return self.files[filepath].decode()

    def put(self, obj, filepath):
        self.files[filepath] = obj

    def exists(self, filepath):
        return filepath in self.files

    isfile = exists

    def isdir(self, filepath):
        return False

    def remove(self, filepath):
        del self.files[filepath]

    def join_path(self, filepath, *filepaths):
        return '/'.join((filepath, *filepaths))


def test_checkpoints_go_where_backend_args_lead(tmp_path):
    Shelf.files.clear()
    train(
        tmp_path,
        max_iters=6,
        checkpoint=dict(
            backend_args=dict(backend='shelf'),
            out_dir='far/away',
            max_keep_ckpts=1,
            save_best='score',
            rule='greater',
        ),
        scores=[1, 3, 2],
    )
    folder = f'far/away/{tmp_path.name}'
    assert sorted(Shelf.files) == [
        f'{folder}/best_score_iter_4.pth',
        f'{folder}/iter_6.pth',
    ]
    assert names(tmp_path) == []
    assert (tmp_path / 'last_checkpoint').read_text() == f'{folder}/iter_6.pth'


def test_other_names_of_the_local_disk_are_durable_too(tmp_path, flushed):
    train(tmp_path, max_iters=2, checkpoint=dict(backend_args=dict(backend='local')))
    assert dict(flushed)['iter_2.pth'] == ['iter_2.pth.part']


def test_the_last_checkpoint_is_named_durably(tmp_path, flushed):
    train(tmp_path, max_iters=2)
    assert dict(flushed)['last_checkpoint'] == ['iter_2.pth']
