"""Choosing forms, and what keeps a form from being put on."""

import copy
import itertools

import pytest
import torch
from mmcv.cnn import ConvModule
from mmengine.model import revert_sync_batchnorm
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.utils._python_dispatch import TorchDispatchMode

from data import TINY_ARCH
from mmseg_hrvit import convert, deploy, restore
from mmseg_hrvit.analysis.memory import kept_bytes
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import HRViT, LinearSegformerHead
from mmseg_hrvit.models.forms.mixcfn import HalvedMixCFN, MergedMixCFN
from mmseg_hrvit.models.layers import Block, MixCFN
from reference import fill, image, relative_error


@pytest.fixture
def net():
    return fill(HRViT(TINY_ARCH)).double().eval()


def count(network, kind):
    """How many modules are of exactly a class."""
    return sum(type(module) is kind for module in network.modules())


def test_an_unknown_purpose(net):
    with pytest.raises(InputError, match="purpose='speed': choose one of"):
        convert(net, 'speed')


@pytest.mark.parametrize('purpose', ['inference', 'engines'])
def test_a_copy_says_that_it_is_one(net, purpose):
    form = convert(net, purpose)
    assert not any(p.requires_grad for p in form.parameters())
    for change in (restore, deploy):
        with pytest.raises(InputError, match=f"copy for '{purpose}'"):
            change(form)


def test_a_copy_is_made_from_any_form(net):
    x = image(1, 3, 40, 56)
    expected = net(x)
    for form in ('training_cpu', 'memory', 'compile'):
        convert(net, form)
        for actual, level in zip(deploy(net)(x), expected, strict=True):
            assert relative_error(actual, level) < 1e-12


def test_training_and_compiled_forms_take_each_other_off(net):
    plain = [type(m) for m in net.modules()]
    convert(net, 'training_cpu')
    trained = [type(m) for m in net.modules()]
    convert(net, 'compile')
    assert not set(map(type, net.modules())) & (set(trained) - set(plain))
    convert(net, 'training_cpu')
    assert [type(m) for m in net.modules()] == trained


def touch_by_hook(ffn):
    ffn.fc1.register_forward_hook(lambda module, args, output: 2 * output)


def touch_by_class(ffn):
    class Doubled(nn.Linear):
        def forward(self, x):
            return 2 * super().forward(x)

    ffn.fc1.__class__ = Doubled


def touch_by_parametrization(ffn):
    weight_norm(ffn.fc1)


@pytest.mark.parametrize(
    'touch', [touch_by_hook, touch_by_class, touch_by_parametrization]
)
def test_what_something_else_has_changed_stays(net, touch):
    ffns = [m for m in net.modules() if type(m) is MixCFN]
    touch(ffns[0])
    x = image(1, 3, 40, 56)
    expected = net(x)
    for purpose in ('inference', 'engines', 'training_cpu', 'memory'):
        form = convert(copy.deepcopy(net), purpose)
        for actual, level in zip(form(x), expected, strict=True):
            assert relative_error(actual, level) < 1e-12, purpose
    assert count(convert(net, 'inference'), MergedMixCFN) == len(ffns) - 1
    assert count(convert(net, 'training_cpu'), HalvedMixCFN) == len(ffns) - 1


@pytest.mark.parametrize(
    'norm_cfg',
    [
        dict(type='GN', num_groups=4),
        dict(type='BN', affine=False),
        dict(type='BN', track_running_stats=False),
        dict(type='SyncBN'),
    ],
    ids=lambda cfg: '-'.join(map(str, cfg.values())),
)
def test_norms_are_folded_or_stay(norm_cfg):
    net = HRViT(TINY_ARCH, norm_cfg=norm_cfg).eval()
    head = LinearSegformerHead(
        in_channels=TINY_ARCH['channels'],
        in_index=[0, 1, 2, 3],
        channels=8,
        num_classes=3,
        norm_cfg=norm_cfg,
    )
    model = fill(nn.Sequential(net, head)).double().eval()
    x = image(2, 3, 64, 64)
    # SyncBN does not run on a CPU, where BN is the same.
    assert relative_error(deploy(model)(x), revert_sync_batchnorm(model)(x)) < 1e-9


@pytest.mark.parametrize('order', itertools.permutations(['conv', 'norm', 'act']))
@pytest.mark.parametrize('conv', ['Conv2d', 'ConvWS', 'ConvAWS'])
def test_a_norm_is_folded_into_the_convolution_that_it_follows(order, conv):
    layer = ConvModule(
        8, 8, 1, conv_cfg=dict(type=conv), norm_cfg=dict(type='BN'), order=order
    )
    layer = fill(layer).double().eval()
    x = image(2, 8, 5, 5)
    deployed = deploy(layer)
    assert relative_error(deployed(x), layer(x)) < 1e-9
    follows = ''.join(order).find('convnorm') >= 0
    assert isinstance(deployed.bn, nn.Identity) == (conv == 'Conv2d' and follows)


def test_a_convolution_with_two_norms_is_not_folded():
    """As in detectors whose levels share convolutions."""
    conv = nn.Conv2d(4, 4, 1)
    levels = [nn.Sequential(conv, nn.BatchNorm2d(4)) for _ in range(2)]
    net = fill(nn.ModuleList(levels)).double().eval()
    x = image(2, 4, 5, 5)
    for ours, plain in zip(deploy(net), net, strict=True):
        assert relative_error(ours(x), plain(x)) < 1e-9


def test_training_without_memory_form_keeps_more(net):
    before = kept_bytes(lambda: net(image(2, 3, 64, 64)))
    convert(net, 'memory')
    assert kept_bytes(lambda: net(image(2, 3, 64, 64))) < 0.85 * before  # 0.81


class KernelCounter(TorchDispatchMode):
    """Counts operators that move or compute values; views are free."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        self.count += not function.is_view and function.name() != 'aten::_unsafe_view'
        return out


def test_inference_takes_no_more_kernels_than_the_plain_network():
    """On a GPU each one is launched."""
    counts = []
    for purpose in (None, 'inference'):
        with torch.device('meta'), torch.no_grad():
            net = HRViT('b1').eval()
            net = convert(net, purpose) if purpose else net
            (block, *_) = (m for m in net.modules() if isinstance(m, Block))
            for module, shape in ((net, (1, 3, 64, 96)), (block, (1, 32, 32, 32))):
                with KernelCounter() as counter:
                    module(torch.empty(shape))
                counts.append(counter.count)
    plain, plain_block, form, form_block = counts
    assert 0 < form < plain
    assert 0 < form_block < plain_block
