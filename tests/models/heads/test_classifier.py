"""The classifier of appendix A.1, through the converter, against golden logits."""

import json

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS, DefaultScope

from golden import LOGITS
from reference import (
    REFERENCE,
    digest,
    fill_entry,
    image,
    needs_reference,
    relative_error,
)
from selection import full_but

pytest.importorskip('mmpretrain', reason='classification needs mmpretrain')

from mmseg_hrvit.checkpoints import convert_file

PARAMETERS = dict(b1=19.7, b2=32.5, b3=37.9)  # Table 3, in millions


@pytest.fixture(params=full_but(LOGITS, 'b1'))
def classifier(request, tmp_path):
    """An arch, and its classifier with converted weights."""
    arch = request.param
    shapes = json.loads((REFERENCE / f'hrvit_{arch}_checkpoint.json').read_text())
    authors = {name: fill_entry(name, shape) for name, shape in shapes.items()}
    src, dst = str(tmp_path / 'authors.pth'), str(tmp_path / 'ours.pth')
    torch.save(dict(state_dict=authors), src)
    convert_file(src, dst, classifier=True)
    backbone = dict(type='mmseg_hrvit.HRViT', arch=arch, des_act_cfg=dict(type='GELU'))
    channels = MODELS.build(backbone).out_channels
    cfg = dict(
        type='ImageClassifier',
        backbone=backbone,
        neck=[
            dict(type='HRFuseScales', in_channels=channels),
            dict(type='GlobalAveragePooling'),
        ],
        head=dict(
            type='mmseg_hrvit.models.heads.DropoutLinearClsHead',
            num_classes=1000,
            in_channels=2048,
        ),
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        net = MODELS.build(cfg)
    converted = torch.load(dst, weights_only=True)['state_dict']
    net.load_state_dict(converted, strict=True)
    return arch, net.double().eval()


@needs_reference
@torch.no_grad()
def test_golden_logits(classifier):
    arch, net = classifier
    x = image(1, 3, 224, 224)
    logits = net(x)
    expected = torch.from_numpy(
        np.load(REFERENCE / f'hrvit_{arch}_logits_224.npz')['logits']
    )
    assert relative_error(logits, expected) < 1e-6
    assert digest(logits) == pytest.approx(LOGITS[arch], abs=1e-6 * LOGITS[arch][0])
    assert relative_error(net.float()(x.float()), expected) < 1e-5
    params = sum(p.numel() for p in net.parameters()) / 1e6
    assert round(params, 1) == PARAMETERS[arch]
