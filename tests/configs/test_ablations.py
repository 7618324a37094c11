"""Each ablation is its base network but for one technique (Tables 5, 7 and 8)."""

import re
from collections import Counter
from functools import cache

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmseg_hrvit.analysis.flops import measure_config
from mmseg_hrvit.engine.cpu import replace_sync_bn
from paths import CONFIGS
from reference import fill, image
from selection import full_but

B1 = 'hrvit_b1_cityscapes'
B3 = 'hrvit_b3_cityscapes'
# GFLOPs that the paper's counter finds in b1 beyond ours, norms by the look of it: one
# value leads all rows of Table 5 to the printed digit.
REST = 0.13

# For each row of Table 5 the option, the paper's parameters (M) and GFLOPs, and
# which modules are there in b1 alone, in the ablation alone, and of another type.
ROWS = dict(
    key_value_sharing=('share_key_value', 8.8, 14.7, r'attn\.qv', r'attn\.qkv', None),
    efficient_patch_embed=(
        'efficient_patch_embed',
        9.9,
        16.5,
        r'patch_embed\.(pointwise|depthwise)',
        r'patch_embed\.conv',
        r'patch_embed: EfficientPatchEmbed -> ConvPatchEmbed',
    ),
    mixcfn=('mixcfn', 7.9, 13.6, r'ffn\.dwconv[35]', None, r'ffn: MixCFN -> FFN'),
    parallel_conv=('parallel_conv', 8.1, 14.0, r'attn\.parallel_conv', None, None),
    extra_nonlinearity=(
        'extra_nonlinearity',
        8.1,
        14.1,
        None,
        None,
        r'attn\.(act: Hardswish\(\)|bn: BatchNorm2d\(.*\)) -> Identity\(\)',
    ),
    dense_fusion=(
        'dense_fusion',
        8.0,
        14.0,
        r'fusion\.paths\.(0\.[23]|1\.3|2\.0|3\.[01])(\.\w+)?',
        None,
        None,
    ),
    des=('des', 8.1, 14.0, r'des(\.\w+)?', None, None),
)
ALL = 'no_block_optimisation', 10.1, 16.3
BLOCKS = {
    '8_8_2_2': (8, 8, 2, 2),
    '9_9_1_1': (9, 9, 1, 1),
    '17_1_1_1': (17, 1, 1, 1),
}
WINDOWS = {7: 66.28, 9: 66.78, 11: 67.09, 13: 68.07, 15: 69.22}  # Table 7


def load(name):
    """A config with one process's BatchNorm."""
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    replace_sync_bn(cfg.model)
    return cfg


def ablation(row):
    return f'ablations/hrvit_b1_{row}_cityscapes'


def window_config(size):
    return B3 if size == 9 else f'ablations/hrvit_b3_windows_{size}_cityscapes'


def build(name):
    cfg = load(name)
    # A dropped path has no gradient, by chance.
    cfg.model.backbone.drop_path_rate = 0.0
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(cfg.model)


@cache
def cost(name):
    """Parameters in millions and GFLOPs by the paper's convention."""
    part = measure_config(load(name), (512, 512))
    return part.params / 1e6, part.macs.paper / 1e9


@cache
def describe(name):
    """Module -> sizes of a layer; module -> class of one that has layers."""
    return {
        key: type(m).__name__ if any(m.children()) else repr(m)
        for key, m in build(name).named_modules()
    }


def differences(name, base):
    """What is in the base alone, in the ablation alone, and in both but unlike."""
    before, after = describe(base), describe(name)
    unlike = {
        f'{n}: {before[n]} -> {after[n]}'
        for n in before.keys() & after.keys()
        if before[n] != after[n]
    }
    return before.keys() - after.keys(), after.keys() - before.keys(), unlike


def count_blocks(name):
    """Blocks of the third branch, for each module that has one."""
    block = r'backbone\.hr_modules\.(\d)\.branches\.2\.blocks\.\d+'
    found = (re.fullmatch(block, key) for key in describe(name))
    return tuple(Counter(match[1] for match in found if match).values())


def assert_all_match(names, patterns):
    """Every name ends as one of the patterns says, and every pattern has a name."""
    patterns = [re.compile(rf'(.*\.)?({p})') for p in patterns if p]
    assert all(any(p.fullmatch(n) for p in patterns) for n in names), names
    assert all(any(p.fullmatch(n) for n in names) for p in patterns), names


@pytest.mark.parametrize('row', ROWS)
def test_an_ablation_lacks_one_technique(row):
    removed, added, unlike = differences(ablation(f'no_{row}'), B1)
    for names, pattern in zip((removed, added, unlike), ROWS[row][3:], strict=True):
        assert_all_match(names, [pattern])


def test_the_last_row_lacks_all_techniques():
    found = differences(ablation(ALL[0]), B1)
    for i, names in enumerate(found, start=3):
        assert_all_match(names, [row[i] for row in ROWS.values()])


@pytest.mark.parametrize('row', full_but([*ROWS, 'all'], 'des', 'all'))
def test_nothing_else_of_the_config_changes(row):
    off = [ROWS[row][0]] if row in ROWS else [r[0] for r in ROWS.values()]
    cfg = load(ablation(f'no_{row}' if row in ROWS else ALL[0]))
    for option in off:
        assert cfg.model.backbone.pop(option) is False
    assert cfg._cfg_dict == load(B1)._cfg_dict


@pytest.mark.parametrize('row', full_but([*ROWS, 'all'], 'des', 'all'))
def test_table_5(row):
    name, params, gflops = (f'no_{row}', *ROWS[row][1:3]) if row in ROWS else ALL
    measured = cost(ablation(name))
    assert round(measured[0], 1) == params
    assert round(measured[1] + REST, 1) == gflops


def test_table_5_base():
    params, gflops = cost(B1)
    assert (round(params, 1), round(gflops + REST, 1)) == (8.1, 14.1)


@pytest.mark.parametrize('row', BLOCKS)
def test_an_assignment_moves_blocks_of_the_third_branch_alone(row):
    name = ablation(f'blocks_{row}')
    assert count_blocks(B1) == (6, 6, 6, 2)
    assert count_blocks(name) == BLOCKS[row]
    removed, added, unlike = differences(name, B1)
    block = r'backbone\.hr_modules\.[2-5]\.branches\.2\.blocks\.\d+.*'
    assert_all_match(removed | added, [block])
    assert not unlike
    assert cost(name) == cost(B1)
    cfg = load(name)
    assert cfg.model.backbone.pop('depths') == cfg._cfg_dict.pop('depths')
    assert cfg._cfg_dict == load(B1)._cfg_dict


@pytest.mark.parametrize('size', full_but(WINDOWS, 9))
def test_table_7(size):
    cfg, base = load(window_config(size)), load(B3)
    assert cfg.model.backbone.pop('window_sizes') == (1, 2, size, size)
    base.model.backbone.pop('window_sizes')
    assert cfg._cfg_dict == base._cfg_dict
    assert not any(differences(window_config(size), B3))
    params, gflops = cost(window_config(size))
    assert round(params, 1) == 28.6
    assert gflops == pytest.approx(WINDOWS[size], rel=0.01)


@pytest.mark.parametrize(
    'name',
    [
        *(ablation(f'no_{row}') for row in ROWS),
        ablation(ALL[0]),
        *(ablation(f'blocks_{row}') for row in BLOCKS),
        window_config(15),
    ],
)
def test_a_step_gives_every_parameter_a_gradient(name):
    net = fill(build(name)).train()
    labels = torch.arange(64 * 64).reshape(1, 64, 64) % 19
    samples = [
        SegDataSample(
            gt_sem_seg=PixelData(data=labels),
            metainfo=dict(img_shape=(64, 64)),
        )
        for _ in range(2)
    ]
    losses = net(image(2, 3, 64, 64).float(), samples, mode='loss')
    losses['decode.loss_ce'].backward()
    assert losses['decode.loss_ce'].isfinite()
    # Data-parallel training stops at a parameter that has no gradient at all.
    assert {n for n, p in net.named_parameters() if p.grad is None} == set()
    for n, param in net.named_parameters():
        assert param.grad.isfinite().all(), n
        assert param.grad.abs().max() > 0, n
