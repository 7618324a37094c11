import pytest
import torch
from mmengine.config import Config

from endings import refused
from mmseg_hrvit.engine import resume
from mmseg_hrvit.engine.resume import find_latest, resume_latest


def save(path, seed=5):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(state_dict={}, meta=dict(seed=seed)), path)
    (path.parent / 'last_checkpoint').write_text(str(path))
    return path


def test_nothing_to_go_on_from_leaves_the_config(tmp_path):
    cfg = Config(dict(work_dir=str(tmp_path), load_from='weights.pth', resume=False))
    resume_latest(cfg)
    assert cfg.load_from == 'weights.pth'
    assert cfg.resume is False
    assert 'randomness' not in cfg


def test_the_latest_checkpoint_comes_before_load_from(tmp_path):
    path = save(tmp_path / 'iter_4.pth')
    cfg = Config(dict(work_dir=str(tmp_path), load_from='weights.pth', resume=False))
    resume_latest(cfg)
    assert cfg.resume is True
    assert cfg.load_from == str(path)


@pytest.mark.parametrize('randomness', [None, dict(seed=None, deterministic=True)])
def test_the_seed_is_known_before_anything_is_built(tmp_path, randomness):
    save(tmp_path / 'iter_4.pth', seed=11)
    cfg = Config(dict(work_dir=str(tmp_path)))
    if randomness:
        cfg.randomness = randomness
    resume_latest(cfg)
    assert cfg.randomness == {**(randomness or {}), 'seed': 11}


def test_a_run_without_checkpoint_keeps_its_seed(tmp_path):
    (tmp_path / 'seed').write_text('13')
    cfg = Config(dict(work_dir=str(tmp_path)))
    resume_latest(cfg)
    assert cfg.randomness == dict(seed=13)
    assert 'resume' not in cfg


def test_a_moved_work_directory(tmp_path):
    save(tmp_path / 'old/iter_4.pth')
    (tmp_path / 'old').rename(tmp_path / 'new')
    assert find_latest(tmp_path / 'new') == tmp_path / 'new/iter_4.pth'


def test_a_checkpoint_elsewhere(tmp_path):
    path = save(tmp_path / 'out/iter_4.pth')
    (tmp_path / 'work').mkdir()
    (path.parent / 'last_checkpoint').rename(tmp_path / 'work/last_checkpoint')
    assert find_latest(tmp_path / 'work') == path


def test_a_damaged_checkpoint_is_passed_over(tmp_path):
    older, last = save(tmp_path / 'iter_2.pth'), save(tmp_path / 'iter_4.pth')
    save(tmp_path / 'best_mIoU_iter_4.pth')
    (tmp_path / 'last_checkpoint').write_text(str(last))
    last.write_bytes(last.read_bytes()[:-30])
    assert find_latest(tmp_path) == older


def test_a_file_aside_is_never_taken(tmp_path):
    save(tmp_path / 'iter_4.pth').rename(tmp_path / 'iter_4.pth.part')
    assert find_latest(tmp_path) is None


def test_checkpoints_that_nothing_names_are_refused(tmp_path):
    path = save(tmp_path / 'iter_4.pth')
    save(tmp_path / 'iter_10.pth')
    (tmp_path / 'last_checkpoint').unlink()
    cfg = Config(dict(work_dir=str(tmp_path)))
    with refused(r'load_from=.*iter_10\.pth'):
        resume_latest(cfg)
    # A run that was killed at its first checkpoint has noted its seed before.
    (tmp_path / 'seed').write_text('5')
    path.unlink()
    assert find_latest(tmp_path) == tmp_path / 'iter_10.pth'


@pytest.mark.parametrize('rank', [0, 1])
def test_a_start_from_the_beginning_is_told_once(tmp_path, monkeypatch, rank):
    told = []
    monkeypatch.setenv('RANK', str(rank))
    monkeypatch.setattr(resume, 'print_log', lambda text, **_: told.append(text))
    resume_latest(Config(dict(work_dir=str(tmp_path))))
    assert ['has no checkpoint yet' in text for text in told] == [True] * (rank == 0)
