import pytest
import torch
from mmengine.config import Config

from data import write_tiny_config
from hrvit_cli.__main__ import main
from mmseg_hrvit.analysis.kill_campaign import Figures, prepare
from mmseg_hrvit.analysis.killed_run import check_checkpoints, digest, results
from mmseg_hrvit.errors import InputError
from trainings import train


def test_a_run_can_be_compared_with_another(tmp_path):
    a, b = tmp_path / 'a', tmp_path / 'b'
    for folder, score in ((a, 2), (b, 3)):
        train(folder, scores=[1, score])
    assert digest(a) == digest(b)
    assert results(a)[2] == results(b)[2]
    assert results(a)[4]['score'] == 2
    assert results(b)[4]['score'] == 3
    path = a / 'iter_4.pth'
    checkpoint = torch.load(path, weights_only=False)
    checkpoint['state_dict']['layer.bias'][0] += 1e-6
    torch.save(checkpoint, path)
    assert digest(a) != digest(b)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match='iter_4'):
        check_checkpoints(a)


def test_its_runs_repeat_bit_for_bit_and_tell_how_far_they_are(tmp_path):
    cfg = Config.fromfile(write_tiny_config(tmp_path / 'tiny'))
    prepared = Config.fromfile(prepare(cfg, tmp_path / 'campaign'))
    assert prepared.randomness.deterministic
    assert prepared.randomness.seed == 0
    assert prepared.custom_hooks[-1].type == 'ProgressHook'
    assert 'mmseg_hrvit' in prepared.custom_imports.imports


def test_nothing_lost_is_perfect():
    assert Figures(3, 3, 3, 0).is_perfect
    for figures in (Figures(2, 3, 3, 0), Figures(3, 2, 3, 0), Figures(3, 3, 3, 1)):
        assert not figures.is_perfect


@pytest.mark.parametrize('argv', [['--kills', '0'], ['--processes', '0']])
def test_no_kill_is_refused(argv, tmp_path, capsys):
    with pytest.raises(SystemExit) as exit:
        main(['kill-campaign', 'hrvit_b1_ade20k', *argv, '--work-dir', str(tmp_path)])
    assert exit.value.code == 2
    assert 'give 1 or more' in capsys.readouterr().err


@pytest.mark.faults
@pytest.mark.parametrize('processes', ['1', '2'])
def test_a_campaign(tmp_path, processes, capsys):
    config = write_tiny_config(tmp_path / 'tiny')
    shorter = ['train_cfg.max_iters=8', 'train_cfg.val_interval=4']
    shorter += ['default_hooks.checkpoint.interval=2']
    main(
        [
            *('kill-campaign', str(config), '--kills', '3', '--processes', processes),
            *('--work-dir', str(tmp_path / 'kills'), '--cfg-options', *shorter),
        ]
    )
    assert capsys.readouterr().out.splitlines()[-4:] == [
        'kills survived: 3',
        'resumes bit-exact: 3',
        'faults injected: 3',
        'results lost: 0',
    ]
