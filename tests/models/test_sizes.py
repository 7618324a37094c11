"""Networks of any image size equal the literal transcription of the paper."""

import pytest
import torch
from mmengine.registry import MODELS
from mmseg.registry import MODELS as SEG_MODELS

from oracle import OracleHRViT, OracleSegformerHead, OracleSegmentor
from reference import fill, image, relative_error
from selection import full_but

CHANNELS = dict(b1=[32, 64, 128, 256], b2=[48, 96, 240, 384], b3=[64, 128, 256, 512])
WIDTHS = dict(b1=256, b2=256, b3=768)
ARCHS = full_but(CHANNELS, 'b1')


def random_sizes(number):
    """Heights and widths between 32 and 700."""
    generator = torch.Generator().manual_seed(32_700)
    return torch.randint(32, 701, (number, 2), generator=generator).tolist()


def build_segmentor(arch):
    head = dict(
        type='mmseg_hrvit.LinearSegformerHead',
        in_channels=CHANNELS[arch],
        in_index=[0, 1, 2, 3],
        channels=WIDTHS[arch],
        num_classes=19,
        norm_cfg=dict(type='BN'),
    )
    net = dict(
        type='EncoderDecoder',
        backbone=dict(type='mmseg_hrvit.HRViT', arch=arch),
        decode_head=head,
    )
    return fill(SEG_MODELS.build(net)).eval()


@pytest.fixture
def number(request):
    """How many sizes are tried."""
    return 40 if request.config.getoption('--full') else 5


@pytest.mark.parametrize('arch', ARCHS)
@torch.no_grad()
def test_random_sizes(arch, number):
    net = build_segmentor(arch)
    oracle = OracleSegmentor(
        OracleHRViT(arch), OracleSegformerHead(CHANNELS[arch], WIDTHS[arch], 19)
    ).eval()
    oracle.load_state_dict(net.state_dict())
    for height, width in random_sizes(number):
        x = image(1, 3, height, width).float()
        logits = net(x)
        assert logits.shape[2:] == (-(-height // 4), -(-width // 4))
        assert relative_error(logits, oracle(x)) < 1e-5, (height, width)


@pytest.mark.full
@pytest.mark.parametrize('arch', CHANNELS)
@torch.no_grad()
def test_random_sizes_with_upernet(arch, number):
    backbone = fill(MODELS.build(dict(type='HRViT', arch=arch))).eval()
    oracle = OracleHRViT(arch).eval()
    oracle.load_state_dict(backbone.state_dict())
    head = dict(
        type='UPerHead',
        in_channels=CHANNELS[arch],
        in_index=[0, 1, 2, 3],
        channels=512,
        num_classes=19,
        norm_cfg=dict(type='BN'),
    )
    head = fill(SEG_MODELS.build(head)).eval()
    for height, width in random_sizes(-(-number // 4)):
        x = image(1, 3, height, width).float()
        assert relative_error(head(backbone(x)), head(oracle(x))) < 1e-5
