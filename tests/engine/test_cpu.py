import pytest
from mmengine.config import Config

from mmseg_hrvit.engine import cpu
from mmseg_hrvit.errors import InputError

SYNC = dict(type='SyncBN', requires_grad=True)


def test_sync_bn_is_replaced_everywhere():
    cfg = Config(
        dict(
            backbone=dict(norm_cfg=SYNC),
            decode_head=[dict(norm_cfg=SYNC), dict(norm_cfg=dict(type='GN'))],
            auxiliary_head=None,
        )
    )
    assert cpu.replace_sync_bn(cfg._cfg_dict) == 2
    assert cfg.backbone.norm_cfg == dict(type='BN', requires_grad=True)
    assert cfg.decode_head[0].norm_cfg.type == 'BN'
    assert cfg.decode_head[1].norm_cfg.type == 'GN'
    assert cpu.replace_sync_bn(cfg._cfg_dict) == 0


def test_a_gpu_leaves_the_config_alone(monkeypatch):
    monkeypatch.setattr(cpu, 'get_device', lambda: 'cuda')
    cfg = Config(dict(launcher='slurm', model=dict(norm_cfg=dict(SYNC))))
    cpu.prepare_cpu(cfg)
    assert cfg.model.norm_cfg.type == 'SyncBN'
    assert 'model_wrapper_cfg' not in cfg


def test_without_a_gpu(monkeypatch):
    monkeypatch.setattr(cpu, 'get_device', lambda: 'cpu')
    cfg = Config(dict(launcher='none', model=dict(norm_cfg=dict(SYNC))))
    cpu.prepare_cpu(cfg)
    assert cfg.model.norm_cfg.type == 'BN'
    assert 'model_wrapper_cfg' not in cfg
    with pytest.raises(InputError, match='slurm needs GPUs'):
        cpu.prepare_cpu(Config(dict(launcher='slurm')))
