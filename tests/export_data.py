"""The smallest HRViT with all kinds of modules, for tests that trace it."""

import torch
from mmengine.config import Config
from mmengine.registry import MODELS

import mmseg_hrvit
from data import TINY_ARCH, use_tiny_arch
from mmseg_hrvit.export import read_metadata
from reference import fill

# One module for each number of branches.
SMALL_ARCH = dict(TINY_ARCH, depths=((1,), (1, 1), (1, 1, 1), (1, 1, 1, 1)))


def small_config(name):
    """A shipped config with this network."""
    cfg = use_tiny_arch(Config.fromfile(mmseg_hrvit.config(name)))
    cfg.model.backbone.arch = SMALL_ARCH
    return cfg


def build_small(name):
    """The network of ``small_config`` with weights for tests, and its metadata."""
    cfg = small_config(name)
    return fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)


def save_small(name, folder):
    """Writes config and checkpoint of ``build_small``; returns their paths."""
    network, _ = build_small(name)
    torch.save(dict(state_dict=network.state_dict()), folder / 'net.pth')
    small_config(name).dump(folder / 'net.py')
    return [str(folder / 'net.py'), str(folder / 'net.pth')]
