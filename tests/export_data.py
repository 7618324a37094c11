"""The smallest HRViT with all kinds of modules, for tests that trace it."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

import mmseg_hrvit
from data import TINY_ARCH, use_tiny_arch
from mmseg_hrvit.export import FORMATS, read_metadata
from reference import fill

SEGFORMER, UPERNET = 'hrvit_b1_ade20k', 'hrvit_b1_upernet_ade20k'
# One module for each number of branches.
SMALL_ARCH = dict(TINY_ARCH, depths=((1,), (1, 1), (1, 1, 1), (1, 1, 1, 1)))


def need(to):
    """Skips the test where the packages of a format are not installed."""
    for package in {*FORMATS[to].to_write, *FORMATS[to].to_load}:
        pytest.importorskip(package, reason=f'{package} is not installed')


def small_config(name, branches=4):
    """A shipped config with this network, or with fewer branches of it.

    Two branches are exported in seconds, for tests of what surrounds a network. They
    are not for UperNet.
    """
    cfg = use_tiny_arch(Config.fromfile(mmseg_hrvit.config(name)))
    arch = {key: values[:branches] for key, values in SMALL_ARCH.items()}
    cfg.model.backbone.update(arch=arch, out_indices=tuple(range(branches)))
    cfg.model.decode_head.update(
        in_channels=list(arch['channels']), in_index=list(range(branches))
    )
    return cfg


def build_small(name, branches=4):
    """The network of ``small_config`` with weights for tests, and its metadata."""
    cfg = small_config(name, branches)
    return fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)


def save_small(name, folder, branches=4):
    """Writes config and checkpoint of ``build_small``; returns their paths."""
    network, _ = build_small(name, branches)
    torch.save(dict(state_dict=network.state_dict()), folder / 'net.pth')
    small_config(name, branches).dump(folder / 'net.py')
    return [str(folder / 'net.py'), str(folder / 'net.pth')]
