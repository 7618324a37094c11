"""Random arguments of backbones and heads: a network that runs, or one clear error."""

import resource

import pytest
import torch
from hypothesis import event, given
from hypothesis import strategies as st
from mmengine.registry import MODELS

from data import TINY_ARCH
from mmseg_hrvit.errors import InputError

# Values that no argument of a network has, and some that it may have.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.sampled_from([10**6, 10**7, 10**12, 10**30]),
    st.floats(),
    st.text(max_size=3),
    st.just({}),
)
VALUES = st.one_of(ODD, st.lists(ODD, max_size=5), st.lists(st.lists(ODD, max_size=4)))
NORMS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {'type': st.one_of(st.sampled_from(['BN', 'GN', 'LN', 'IN', 'BN1d']), ODD)},
        optional={
            'num_groups': ODD,
            'eps': ODD,
            'momentum': ODD,
            'requires_grad': ODD,
        },
    ),
)
ACTIVATIONS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {'type': st.one_of(st.sampled_from(['GELU', 'HSwish', 'PReLU', 'Clip']), ODD)},
        optional={'inplace': ODD, 'num_parameters': ODD},
    ),
)
CLEAR = ('unexpected keyword argument', 'multiple values for')


@st.composite
def arguments(draw, good, odd):
    """Good values of some arguments, and odd ones of at most two.

    Args:
        good (dict): Names -> values that make a network.
        odd (dict): Names -> values of which most make none.
    """
    values = draw(st.fixed_dictionaries({}, optional=good))
    for name in draw(st.lists(st.sampled_from(sorted(odd)), max_size=2)):
        values[name] = draw(odd[name])
    return values


def check(cfg, inputs):
    """Builds a network and runs it, or sees it refused in one line."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        network = MODELS.build(cfg)
    except (InputError, TypeError) as error:
        event('refused')
        assert '\n' not in str(error)
        assert isinstance(error, InputError) or any(c in str(error) for c in CLEAR)
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert taken < 2**17  # KiB
        return
    event('runs')
    with torch.no_grad():
        outputs = network.eval()(inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert all(len(out) == 1 for out in outputs)


def few(channels):
    """The channels of an input, which is not used if they are none."""
    return channels if isinstance(channels, int) and 0 < channels < 100 else 1


def check_backbone(cfg):
    check(cfg, torch.zeros(1, few(cfg.get('in_channels', 3)), 33, 40))


SIZES = st.one_of(st.lists(st.sampled_from([4, 8, 16, 32]), min_size=1), VALUES)
RATES = st.floats(0, 0.9)
INDICES = st.sampled_from([(0,), (1, 3), [0, 1, 2], range(4)])
FLAGS = (
    'share_key_value',
    'efficient_patch_embed',
    'mixcfn',
    'parallel_conv',
    'extra_nonlinearity',
    'dense_fusion',
    'des',
    'norm_eval',
    'with_cp',
)
GOOD = dict(in_channels=st.integers(1, 5), drop_path_rate=RATES)
BAD = dict(in_channels=VALUES, drop_path_rate=VALUES, unknown=VALUES)
HRVIT_ARCHS = arguments(
    dict(
        window_sizes=st.lists(st.integers(1, 9), min_size=4, max_size=4),
        mlp_ratios=st.lists(st.integers(1, 3), min_size=4, max_size=4),
        channels=st.just([16, 32, 64, 80]),
    ),
    dict(
        channels=SIZES,
        depths=VALUES,
        window_sizes=SIZES,
        mlp_ratios=SIZES,
        head_dims=SIZES,
        unknown=VALUES,
    ),
).map(lambda changes: {**TINY_ARCH, **changes})
CSWIN_ARCH = dict(embed_dims=4, depths=(1, 1, 1, 1))
CSWIN_ARCHS = arguments(
    dict(embed_dims=st.sampled_from([4, 8]), depths=st.just([1, 2, 1, 1])),
    dict(embed_dims=ODD, depths=SIZES, unknown=VALUES),
).map(lambda changes: CSWIN_ARCH | changes)


@given(
    changes=arguments(
        dict(
            **GOOD,
            arch=HRVIT_ARCHS,
            **{flag: st.booleans() for flag in FLAGS},
            out_indices=INDICES,
            des_act_cfg=st.just(dict(type='GELU')),
            norm_cfg=st.just(dict(type='GN', num_groups=8)),
            frozen_stages=st.integers(-1, 4),
        ),
        dict(
            **BAD,
            **dict.fromkeys(FLAGS, VALUES),
            arch=VALUES,
            out_indices=VALUES,
            window_sizes=SIZES,
            depths=VALUES,
            des_act_cfg=ACTIVATIONS,
            norm_cfg=NORMS,
            frozen_stages=VALUES,
        ),
    )
)
def test_hrvit(changes):
    check_backbone(dict(type='mmseg_hrvit.HRViT', arch=TINY_ARCH) | changes)


@given(
    changes=arguments(
        dict(**GOOD, arch=CSWIN_ARCHS, out_indices=INDICES),
        dict(**BAD, arch=VALUES, out_indices=VALUES),
    )
)
def test_cswin(changes):
    check_backbone(dict(type='mmseg_hrvit.CSWin', arch=CSWIN_ARCH) | changes)


@given(
    changes=arguments(
        dict(**GOOD, block=st.sampled_from(['mit', 'cswin'])),
        dict(
            **BAD,
            width=st.one_of(st.integers(2, 4), VALUES),
            block=VALUES,
            norm_cfg=NORMS,
        ),
    )
)
def test_hrnet_vit(changes):
    check_backbone(dict(type='mmseg_hrvit.HRNetViT') | dict(width=2) | changes)


@given(
    changes=arguments(
        dict(
            channels=st.integers(1, 9),
            num_classes=st.integers(1, 9),
            dropout_ratio=RATES,
            interpolate_mode=st.just('bicubic'),
            norm_cfg=st.just(dict(type='BN')),
        ),
        dict(
            in_channels=SIZES,
            in_index=st.one_of(st.lists(st.integers(-2, 5)), VALUES),
            channels=VALUES,
            num_classes=VALUES,
            dropout_ratio=VALUES,
            interpolate_mode=st.one_of(st.just('nearest'), VALUES),
            norm_cfg=NORMS,
            unknown=VALUES,
        ),
    )
)
def test_linear_segformer_head(changes):
    cfg = dict(
        type='mmseg_hrvit.LinearSegformerHead',
        in_channels=[4, 8],
        in_index=[0, 1],
        channels=8,
        num_classes=2,
    )
    cfg |= changes
    maps = [torch.zeros(1, 1, 8, 8)] * 6
    if isinstance(cfg['in_channels'], list) and isinstance(cfg['in_index'], list):
        for i, channels in zip(cfg['in_index'], cfg['in_channels'], strict=False):
            if isinstance(i, int) and i in range(-6, 6):
                maps[i] = torch.zeros(1, few(channels), 8, 8)
    check(cfg, maps)


@given(
    changes=arguments(
        dict(num_classes=st.integers(1, 9), dropout_ratio=RATES),
        dict(
            num_classes=VALUES, in_channels=VALUES, dropout_ratio=VALUES, unknown=VALUES
        ),
    )
)
def test_classifier(changes):
    pytest.importorskip('mmpretrain')
    name = 'mmseg_hrvit.models.heads.DropoutLinearClsHead'
    cfg = dict(type=name, num_classes=2, in_channels=4) | changes
    check(cfg, (torch.zeros(1, few(cfg['in_channels'])),))
