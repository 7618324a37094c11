"""The exact inference form of a network."""

import copy

import torch.nn as nn
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.model import revert_sync_batchnorm


def deploy(model: nn.Module) -> nn.Module:
    """Folds what a network multiplies out again for every image.

    Every BatchNorm goes into the layer before it, and every chain of linear layers
    becomes one. Outputs are the same but for rounding. Layers with a form of their
    own have a method ``switch_to_deploy``.

    Args:
        model (nn.Module): A backbone, a segmentor or a classifier. It stays as it is,
            and so do its checkpoints: the copy cannot load them, and is not meant to
            be trained.

    Returns:
        nn.Module: A copy in evaluation mode, called as the model is.
    """
    model = revert_sync_batchnorm(copy.deepcopy(model)).eval()
    for module in list(model.modules()):
        if hasattr(module, 'switch_to_deploy'):
            module.switch_to_deploy()
    return fuse_conv_bn(model).requires_grad_(False)
