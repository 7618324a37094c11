"""Outputs on a GPU are those of float64 on the CPU, as far as their type allows."""

import numpy as np
import pytest
import torch

from data import make_camvid
from export_data import save_small
from golden import FEATURES
from gpu.conftest import tf32
from mmseg_hrvit import HRViT, convert
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.models.forms import convert as to_form
from reference import authors_name, digest, fill, image, relative_error

GELU = dict(type='GELU')
ARCHS = ('b1', 'b2', 'b3')
# Type -> whether TF32 is allowed, the type of autocast, the largest error.
TYPES = {
    'float32': (False, None, 1e-5),
    'tf32': (True, None, 5e-3),
    'bfloat16': (False, torch.bfloat16, 5e-2),
    'float16': (False, torch.float16, 5e-3),
}


@pytest.fixture(scope='module')
def golden(device):
    """Of each network its digests, its maps and itself, in float64 on the CPU."""
    found = {}
    for (arch, size), digests in FEATURES.items():
        if arch in found or (device.type == 'cpu' and arch != 'b1'):
            continue
        net = fill(HRViT(arch=arch, des_act_cfg=GELU), authors_name).double().eval()
        x = image(1, 3, *size)
        with torch.no_grad():
            found[arch] = digests, net(x), net, x
    return found


@pytest.mark.parametrize('form', ['plain', 'inference'])
@pytest.mark.parametrize('name', TYPES)
@pytest.mark.parametrize('arch', ARCHS)
def test_golden_outputs(arch, name, form, golden, device):
    if arch not in golden:
        pytest.skip('b1 stands for all on a CPU')
    digests, expected, net, x = golden[arch]
    for maps, found in zip(expected, digests, strict=True):
        assert digest(maps) == pytest.approx(found, abs=1e-6 * found[0])
    net = HRViT(arch=arch, des_act_cfg=GELU)
    net = fill(net, authors_name).to(device).eval()
    if form == 'inference':
        net = convert(net, form)
    allowed, dtype, tolerance = TYPES[name]
    cast = torch.autocast(device.type, dtype, enabled=dtype is not None)
    with torch.no_grad(), tf32(allowed), cast:
        outs = net(x.to(device).float())
    for actual, maps in zip(outs, expected, strict=True):
        assert actual.device.type == device.type
        assert relative_error(actual.cpu(), maps) < tolerance


def test_pooling_by_products(device):
    """What a deterministic training takes in place of torch's layer."""
    layer = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(3)).to(device)
    x = image(2, 4, 7, 10).float().to(device)
    expected = layer(x)
    to_form(layer, 'deterministic')
    assert relative_error(layer(x), expected) < 1e-6


def test_cuda_graphs_segment_the_same(tmp_path, cuda):
    config, checkpoint = save_small('hrvit_b1_camvid', tmp_path)
    folder = make_camvid(tmp_path / 'camvid', num_images=3) / 'images/val'
    paths = sorted(folder.iterdir())
    expected = Segmenter.from_checkpoint(config, checkpoint, cuda)(paths, batch_size=1)
    graphed = Segmenter.from_checkpoint(config, checkpoint, cuda, cuda_graphs=True)
    for _ in range(3):  # warms up, records and replays
        found = graphed(paths, batch_size=1)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.mean(ours.labels == theirs.labels) > 0.999


def test_labels_of_a_segmenter(tmp_path, device):
    model = save_small('hrvit_b1_camvid', tmp_path)
    folder = make_camvid(tmp_path / 'camvid', num_images=3) / 'images/val'
    paths = sorted(folder.iterdir())
    expected = Segmenter.from_arguments(model, 'cpu')(paths)
    found = Segmenter.from_arguments(model, device.type)(paths)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.mean(ours.labels == theirs.labels) > 0.999
