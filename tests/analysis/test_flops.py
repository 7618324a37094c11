"""Parameters and GFLOPs against the paper's, and small counts done by hand."""

from pathlib import Path

import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.analysis import FlopAnalyzer
from mmengine.config import Config

from mmseg_hrvit.analysis.flops import (
    Macs,
    measure,
    measure_config,
    pad_windows,
    tabulate,
)
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import HRViT, LinearSegformerHead
from mmseg_hrvit.models.layers import (
    CrossResolutionFusion,
    CrossShapedAttention,
    CSWinAttention,
    DiversityEnhancedShortcut,
)
from oracle import OracleHRViT, OracleSegformerHead, OracleSegmentor
from selection import full_but

CONFIGS = Path(__file__).parents[2] / 'configs'
CHANNELS = dict(b1=(32, 64, 128, 256), b2=(48, 96, 240, 384), b3=(64, 128, 256, 512))

# config -> parameters, multiply-accumulates at 512 x 512 by the paper's convention,
# and what the paper (UperNet: the reference's exact measurement) has for both, in
# millions and billions. Cityscapes with UperNet is not in the paper.
FIGURES = {
    'hrvit_b1_ade20k': (8183118, 14509916160, '8.2', 14.6),
    'hrvit_b2_ade20k': (20809782, 27779399680, '20.8', 28.0),
    'hrvit_b3_ade20k': (28724494, 67650945024, '28.7', 67.9),
    'hrvit_b1_cityscapes': (8149451, 13960462336, '8.1', 14.1),
    'hrvit_b2_cityscapes': (20776115, 27229945856, '20.8', 27.4),
    'hrvit_b3_cityscapes': (28623755, 66511405056, '28.6', 66.8),
    'hrvit_b1_upernet_ade20k': (35952100, 219139784704, '35.952', 219.1),
    'hrvit_b2_upernet_ade20k': (49696972, 232685174784, '49.70', 232.7),
    'hrvit_b3_upernet_ade20k': (55815588, 236182798336, '55.816', 236.2),
    'hrvit_b1_upernet_cityscapes': (35851230, 218040877056, None, None),
    'hrvit_b2_upernet_cityscapes': (49596102, 231586267136, None, None),
    'hrvit_b3_upernet_cityscapes': (55714718, 235592712192, None, None),
}
# Table 7: window size of b3 on Cityscapes -> GFLOPs.
WINDOW_GFLOPS = {7: 66.28, 9: 66.78, 11: 67.09, 13: 68.07, 15: 69.22}
# Table 3, at 224 x 224: arch -> parameters, multiply-accumulates, the paper's.
IMAGENET = {
    'b1': (19681312, 2676174784, '19.7', 2.7),
    'b2': (32482568, 5102312960, '32.5', 5.1),
    'b3': (37866464, 5679054720, '37.9', 5.7),
}


def check_figures(model, figures):
    """Compares with exact counts, and these with what the paper prints."""
    params, macs, printed_params, printed_gflops = figures
    assert (model.params, model.macs.paper) == (params, macs)
    if printed_params is not None:
        digits = len(printed_params.partition('.')[2])
        assert f'{params / 1e6:.{digits}f}' == printed_params
        assert macs / 1e9 == pytest.approx(printed_gflops, rel=0.01)


def meta(*shape):
    return torch.empty(shape, device='meta')


def on_meta(module):
    return module.eval().to('meta')


@pytest.mark.parametrize(
    'name', full_but(FIGURES, 'hrvit_b1_ade20k', 'hrvit_b1_upernet_ade20k')
)
def test_segmentors_cost_what_the_paper_prints(name):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    check_figures(measure_config(cfg, (512, 512)), FIGURES[name])


@pytest.mark.parametrize('window_size', full_but(WINDOW_GFLOPS, 9))
def test_window_sizes_cost_what_table_7_prints(window_size):
    backbone = HRViT('b3', window_sizes=(1, 2, window_size, window_size))
    head = LinearSegformerHead(
        in_channels=CHANNELS['b3'], in_index=[0, 1, 2, 3], channels=768, num_classes=19
    )
    model = pad_windows(on_meta(nn.Sequential(backbone, head)))
    macs = measure(model, meta(1, 3, 512, 512)).macs
    assert macs.paper / 1e9 == pytest.approx(WINDOW_GFLOPS[window_size], rel=0.01)


@pytest.mark.parametrize('arch', full_but(IMAGENET, 'b1'))
def test_classifiers_cost_what_the_paper_prints(arch):
    pytest.importorskip('mmpretrain')
    head = dict(
        type='mmseg_hrvit.models.heads.DropoutLinearClsHead',
        num_classes=1000,
        in_channels=2048,
    )
    model = dict(
        type='ImageClassifier',
        backbone=dict(type='mmseg_hrvit.HRViT', arch=arch),
        neck=[
            dict(type='HRFuseScales', in_channels=CHANNELS[arch]),
            dict(type='GlobalAveragePooling'),
        ],
        head=head,
    )
    cfg = Config(dict(default_scope='mmpretrain', model=model))
    check_figures(measure_config(cfg, (224, 224)), IMAGENET[arch])


def test_auxiliary_head_has_parameters_alone():
    cfg = Config.fromfile(CONFIGS / 'hrvit_b1_upernet_ade20k.py')
    parts = {part.name: part for part in measure_config(cfg, (64, 64)).children}
    assert parts['auxiliary_head'].params > 0
    assert parts['auxiliary_head'].macs == Macs()
    assert parts['decode_head'].macs.full > 0


def test_config_without_a_model():
    with pytest.raises(InputError, match='the config has no model'):
        measure_config(Config(dict(default_scope='mmseg')), (64, 64))


def test_count_is_what_the_literal_network_executes():
    args = dict(channels=256, num_classes=5)
    head = LinearSegformerHead(
        in_channels=CHANNELS['b1'],
        in_index=[0, 1, 2, 3],
        norm_cfg=dict(type='BN'),
        **args,
    )
    ours = pad_windows(nn.Sequential(HRViT('b1'), head))
    literal = OracleSegmentor(
        OracleHRViT('b1'), OracleSegformerHead(CHANNELS['b1'], **args)
    )
    image = meta(2, 3, 75, 46)
    ours, literal = (measure(on_meta(model), image) for model in (ours, literal))
    assert ours.params == literal.params
    assert ours.macs.full == literal.macs.full


def test_counters_of_others_agree():
    """The network calls its modules, so mmengine's counter sees them all."""
    model = HRViT('b1').eval()
    ours = measure(on_meta(HRViT('b1')), meta(1, 3, 64, 96)).macs
    flops = FlopAnalyzer(model, (torch.zeros(1, 3, 64, 96),))
    flops.unsupported_ops_warnings(False)
    layers = sum(
        count
        for name, count in flops.by_operator().items()
        if name in ('conv', 'linear', 'addmm', 'matmul')
    )
    assert layers == pytest.approx(ours.layers, rel=0.01)


def test_executed_is_the_form_for_inference():
    cfg = Config.fromfile(CONFIGS / 'hrvit_b1_ade20k.py')
    drawn, ran = (measure_config(cfg, (64, 64), executed) for executed in (False, True))
    assert ran.macs.full < drawn.macs.full
    assert ran.params < drawn.params  # norms and fusion are folded


def test_fusion_by_hand():
    # Branch 1 is pruned; branch 2 is new.
    fusion = on_meta(CrossResolutionFusion((2, 4), (2, 4, 8), (0, 2), dict(type='BN')))
    part = measure(fusion, [meta(1, 2, 9, 7), meta(1, 4, 5, 4)])
    up = 5 * 4 * (4 * 2)
    down = 3 * 2 * (25 * 2 + 2 * 8) + 3 * 2 * (9 * 4 + 4 * 8)
    assert part.macs == Macs(up + down)


class Unknown(nn.Module):
    """Attention of a class that the counter has never heard of."""

    def __init__(self, fused=False):
        super().__init__()
        self.fused = fused
        self.qkv = nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = self.qkv(x).reshape(2, 1, 5, 24).chunk(3, dim=-1)
        if self.fused:
            return F.scaled_dot_product_attention(q, k, v)
        return (q @ k.transpose(-1, -2)).softmax(-1) @ v


def test_layers_by_hand():
    conv = nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)
    x = meta(2, 4, 5, 7)  # to 2 x 6 x 3 x 4
    assert measure(on_meta(conv), x).macs == Macs(2 * 3 * 4 * 6 * 2 * 9)
    assert measure(on_meta(nn.Linear(3, 4)), meta(2, 5, 3)).macs == Macs(10 * 12)


def test_multihead_attention_by_hand():
    # Five queries, three keys, a batch of 2, 8 channels: four projections.
    layers = 2 * (5 + 3 + 3 + 5) * 64
    module = on_meta(nn.MultiheadAttention(8, 2))
    query, key = meta(5, 2, 8), meta(3, 2, 8)
    macs = measure(module, query, key, key).macs
    assert macs == Macs(layers, 2 * (2 * 5 * 3 * 8))


@pytest.mark.parametrize('fused', [False, True])
def test_attention_of_an_unknown_class_by_hand(fused):
    part = measure(on_meta(nn.Sequential(Unknown(fused))), meta(2, 5, 8))
    macs = Macs(10 * 8 * 24, 2 * (2 * 5 * 5 * 8))
    assert part.macs == macs
    assert macs.full - macs.paper == 2 * 5 * 5 * 8
    (unknown,) = part.children
    assert unknown.macs == macs
    assert unknown.children[0].macs == Macs(10 * 8 * 24)


@pytest.mark.parametrize(
    ('pad', 'one_product'),
    [
        # Three windows of 2 x 3 and two of 5 x 2, each on 4 channels.
        (pad_windows, (3 * 6**2 + 2 * 10**2) * 4),
        # The short windows, 1 x 3 and 5 x 1, as they are.
        (lambda model: model, (2 * 6**2 + 3**2 + 10**2 + 5**2) * 4),
    ],
    ids=['padded', 'as they run'],
)
def test_attention_by_hand(pad, one_product):
    attn = pad(on_meta(CrossShapedAttention(8, 4, 2)))
    layers = 15 * (8 * 16 + 9 * 8 + 8 * 8)
    assert measure(attn, meta(1, 5, 3, 8)).macs == Macs(layers, 2 * one_product)


@pytest.mark.parametrize(
    ('window_size', 'products', 'executed'),
    [
        # Three windows of 2 x 3 and two of 5 x 2, each on 4 channels.
        (2, (3 * 6**2 + 2 * 10**2) * 4, (2 * 6**2 + 3**2 + 10**2 + 5**2) * 4),
        (None, 15**2 * 8, 15**2 * 8),
    ],
)
def test_attention_of_cswin_by_hand(window_size, products, executed):
    attn = on_meta(CSWinAttention(8, 2, window_size))
    # The convolution runs within windows: 5 x 4 and 6 x 3 positions, on half each.
    positions = 5 * 4 + 6 * 3 if window_size else 2 * 15
    layers = 15 * (8 * 24 + 8 * 8) + positions * 9 * 4
    assert measure(attn, meta(1, 5, 3, 8)).macs == Macs(layers, 2 * executed)
    pad_windows(attn)
    assert measure(attn, meta(1, 5, 3, 8)).macs == Macs(layers, 2 * products)


def test_shortcut_by_hand():
    des = on_meta(DiversityEnhancedShortcut(240, dict(type='GELU')))  # k 15, p 16
    macs = measure(des, meta(2, 3, 3, 240)).macs
    assert macs == Macs(18 * (15 * 16 * 16 + 16 * 15 * 15))


def test_head_is_counted_as_drawn():
    head = LinearSegformerHead(
        in_channels=[2, 4], in_index=[1, 0], channels=8, num_classes=3
    )
    maps = meta(1, 4, 3, 3), meta(1, 2, 6, 6)
    part = measure(on_meta(head), maps)
    # Projections at their own sizes, then fusion of 16 channels and classifier.
    assert part.macs == Macs(36 * 16 + 9 * 32 + 36 * (16 * 8 + 8 * 3))


def test_table_shows_parts_down_to_a_depth():
    wrapped = nn.Sequential(nn.Linear(8, 8), nn.GELU())  # shown in one row
    model = measure(on_meta(nn.Sequential(Unknown(), wrapped)), meta(2, 5, 8))
    assert first_column(tabulate(model, 1)) == ['0', '1', 'total']
    table = tabulate(model, 2, model)
    assert first_column(table) == ['0', '  qkv', '1', 'total']
    assert table.columns[-1].header == 'GFLOPs, executed'


def first_column(table):
    return list(table.columns[0].cells)
