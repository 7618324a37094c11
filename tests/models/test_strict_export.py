"""torch.export in its strict mode, which reads the Python of a module, takes all.

The testers do the same with every variant, under --full.
"""

import pytest
import torch

from export_data import SMALL_ARCH
from reference import image, relative_error
from selection import full_but
from testers import build

CHANNELS = SMALL_ARCH['channels']
MAPS = [image(2, c, 16 >> i, 24 >> i).float() for i, c in enumerate(CHANNELS)]
MODULES = {
    'HRViT': (
        dict(type='mmseg_hrvit.HRViT', arch=SMALL_ARCH, drop_path_rate=0.0),
        image(2, 3, 64, 96).float(),
    ),
    'LinearSegformerHead': (
        dict(
            type='mmseg_hrvit.LinearSegformerHead',
            in_channels=CHANNELS,
            in_index=(0, 1, 2, 3),
            channels=16,
            num_classes=5,
            dropout_ratio=0.0,
            norm_cfg=dict(type='BN'),
        ),
        MAPS,
    ),
}


@pytest.mark.parametrize('training', full_but([False, True], True))
@pytest.mark.parametrize('name', MODULES)
def test_a_strict_export_is_the_same_function(name, training):
    cfg, inputs = MODULES[name]
    module = build(cfg).train(training)
    program = torch.export.export(module, (inputs,), strict=True).module()
    outs = module(inputs), program(inputs)
    pairs = zip(*(x if isinstance(x, tuple) else (x,) for x in outs), strict=True)
    assert all(relative_error(a, b) < 1e-6 for a, b in pairs)
