import os

import pytest
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from mmseg_hrvit.engine import launch
from mmseg_hrvit.errors import InputError

SYNC = dict(type='SyncBN', requires_grad=True)


class Broken(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise InputError('label.png is\nwrong: mend it')


def test_sync_bn_is_replaced_everywhere():
    cfg = Config(
        dict(
            backbone=dict(norm_cfg=SYNC),
            decode_head=[dict(norm_cfg=SYNC), dict(norm_cfg=dict(type='GN'))],
            auxiliary_head=None,
        )
    )
    assert launch.replace_sync_bn(cfg._cfg_dict) == 2
    assert cfg.backbone.norm_cfg == dict(type='BN', requires_grad=True)
    assert cfg.decode_head[0].norm_cfg.type == 'BN'
    assert cfg.decode_head[1].norm_cfg.type == 'GN'
    assert launch.replace_sync_bn(cfg._cfg_dict) == 0


def test_a_gpu_leaves_the_config_alone(monkeypatch):
    monkeypatch.setattr(launch, 'get_device', lambda: 'cuda')
    cfg = Config(dict(launcher='slurm', model=dict(norm_cfg=dict(SYNC))))
    launch.prepare_cpu(cfg)
    assert cfg.model.norm_cfg.type == 'SyncBN'
    assert 'model_wrapper_cfg' not in cfg


def test_without_a_gpu(monkeypatch):
    monkeypatch.setattr(launch, 'get_device', lambda: 'cpu')
    cfg = Config(dict(launcher='none', model=dict(norm_cfg=dict(SYNC))))
    launch.prepare_cpu(cfg)
    assert cfg.model.norm_cfg.type == 'BN'
    assert 'model_wrapper_cfg' not in cfg
    with pytest.raises(InputError, match='slurm needs GPUs'):
        launch.prepare_cpu(Config(dict(launcher='slurm')))


@pytest.mark.parametrize('num_workers', [0, 1])
def test_an_input_error_is_one_line(num_workers, capfd):
    with pytest.raises(SystemExit) as exit, launch.one_line_errors():
        list(DataLoader(Broken(), num_workers=num_workers))
    assert exit.value.code == launch.INPUT_ERROR
    assert capfd.readouterr().err == 'error: label.png is wrong: mend it\n'


@pytest.mark.parametrize('joined, waits', [(False, []), (True, [1])])
def test_other_errors_pass_through(joined, waits, monkeypatch, capfd):
    slept = []
    monkeypatch.setattr(launch.time, 'sleep', slept.append)
    monkeypatch.setattr(launch.distributed, 'is_initialized', lambda: joined)
    with pytest.raises(ValueError, match='a bug'), launch.one_line_errors():
        raise ValueError('a bug')
    assert capfd.readouterr().err == ''
    assert slept == [n * launch.PATIENCE for n in waits]


@pytest.mark.parametrize(
    'environ, waits',
    [
        (dict(RANK='0', LOCAL_RANK='0'), []),
        (dict(RANK='1', LOCAL_RANK='1'), [2]),
        (dict(RANK='8', LOCAL_RANK='0'), [1]),
        (dict(SLURM_PROCID='3', SLURM_LOCALID='3', LOCAL_RANK='0'), [2]),
    ],
)
def test_other_ranks_wait_for_rank_0(environ, waits, monkeypatch, capfd):
    for name in ('RANK', 'LOCAL_RANK', 'SLURM_PROCID', 'SLURM_LOCALID'):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    slept = []
    monkeypatch.setattr(launch.time, 'sleep', slept.append)
    with pytest.raises(SystemExit), launch.one_line_errors():
        raise InputError('no data')
    assert slept == [n * launch.PATIENCE for n in waits]
    rank = os.environ.get('RANK', os.environ.get('SLURM_PROCID'))
    told = '' if rank == '0' else f' (rank {rank})'
    assert capfd.readouterr().err == f'error: no data{told}\n'
