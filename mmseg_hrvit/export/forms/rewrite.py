"""Which layers of a network have a form for engines."""

import torch.nn as nn

from mmseg_hrvit.models import LinearSegformerHead, deploy
from mmseg_hrvit.models.backbones.hrvit import Branch

from .branch import MapBranch
from .pooling import MatrixPool
from .segformer_head import SummingHead

FORMS = {
    Branch: MapBranch,
    LinearSegformerHead: SummingHead,
    nn.AdaptiveAvgPool2d: MatrixPool,
}


def rewrite(network: nn.Module) -> nn.Module:
    """Copies a network, deployed, with each layer of ``FORMS`` in its form for engines.

    Args:
        network (nn.Module): The network. It stays as it is.

    Returns:
        nn.Module: The copy: the same function of images of any size.
    """
    network = deploy(network)
    for name, module in list(network.named_modules()):
        form = FORMS.get(type(module))
        if form is not None:
            network.set_submodule(name, form(module).eval())
    return network
