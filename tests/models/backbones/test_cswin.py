import pytest
import torch
from mmengine.registry import MODELS

from endings import refused
from mmseg_hrvit import CSWin
from reference import fill, image
from testers import BackboneTester

TINY = dict(embed_dims=16, depths=(1, 1, 2, 1))
VARIANTS = {
    'ti': dict(arch='ti'),
    'tiny': dict(arch=TINY),
    'five channels': dict(arch=TINY, in_channels=5),
    'two outputs': dict(arch=TINY, out_indices=(0, 2)),
}


@pytest.mark.parametrize('variant', VARIANTS)
class TestCSWin(BackboneTester):
    sizes = (*BackboneTester.sizes, (20, 5), (130, 250))

    @pytest.fixture
    def cfg(self, variant):
        return dict(type='mmseg_hrvit.CSWin', **VARIANTS[variant])


def test_a_short_image_is_one_with_zeros_below():
    """The embedding pads; what it pads is not seen beyond the first stage's map."""
    embed = fill(CSWin(TINY)).stages[0].embed
    x = image(1, 3, 61, 87).float()
    padded = torch.nn.functional.pad(x, (0, 1, 0, 3))
    assert embed(x).shape == (1, 16, 22, 16)
    assert torch.equal(embed(x), embed(padded))


def test_stages_after_the_last_output_are_not_built():
    full, pruned = fill(CSWin(TINY)).eval(), CSWin(TINY, out_indices=(0, 2)).eval()
    assert len(pruned.stages) == 3
    keys = pruned.state_dict().keys()
    assert keys < full.state_dict().keys()
    pruned.load_state_dict({k: v for k, v in full.state_dict().items() if k in keys})
    x = image(1, 3, 64, 96).float()
    maps = full(x)
    for a, b in zip(pruned(x), (maps[0], maps[2]), strict=True):
        assert torch.equal(a, b)
    assert pruned.out_channels == [16, 64]


def test_drop_path_rates_grow():
    net = CSWin(TINY, drop_path_rate=0.2)
    rates = [block.drop_path.drop_prob for s in net.stages for block in s.blocks]
    assert rates == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])


def test_initialisation():
    net = CSWin('ti')
    net.init_weights()
    for name, module in net.named_modules():
        if isinstance(module, torch.nn.Linear):
            assert module.bias.abs().max() == 0, name
            bound = 0.02 * 5 / module.weight.numel() ** 0.5
            assert abs(float(module.weight.std()) - 0.02) < bound, name


def test_a_saved_backbone_is_loaded_by_init_cfg(tmp_path):
    net = fill(CSWin(TINY))
    torch.save(dict(state_dict=net.state_dict()), tmp_path / 'w.pth')
    saved = dict(type='Pretrained', checkpoint=str(tmp_path / 'w.pth'))
    constant = dict(type='Constant', layer='Linear', val=3.0)
    for init_cfg in (saved, [constant, saved], dict(saved, prefix='backbone.')):
        other = MODELS.build(dict(type='CSWin', arch=TINY, init_cfg=init_cfg))
        other.init_weights()
        state = other.state_dict()
        assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())


@pytest.mark.parametrize('in_a_list', [False, True])
def test_a_checkpoint_in_init_cfg_is_all_or_nothing(in_a_list, tmp_path):
    state = fill(CSWin(TINY)).state_dict()
    state.popitem()
    torch.save(dict(state_dict=state), tmp_path / 'w.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'w.pth'))
    net = CSWin(TINY, init_cfg=[init_cfg] if in_a_list else init_cfg)
    with refused('does not fit the backbone'):
        net.init_weights()
    with refused('Pretrained knows no checkpoints: set pretrained=FILE'):
        CSWin(TINY, init_cfg=dict(type='Pretrained', checkpoints='w.pth'))
    with refused('Pretrained needs a checkpoint'):
        CSWin(TINY, init_cfg=[dict(type='Pretrained')])
    with refused("has the prefix 'encoder.'"):
        CSWin(TINY, init_cfg=dict(init_cfg, prefix='encoder.'))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(arch='b'), "arch='b'"),
        (dict(arch=dict(embed_dims=32)), 'depths'),
        (
            dict(arch=dict(embed_dims=32, depths=(1, 2, 3))),
            '4 positive whole numbers, one for each stage',
        ),
        (dict(out_indices=(4,)), 'out_indices'),
    ],
)
def test_arguments_that_make_no_network_are_refused(arguments, message):
    with refused(message):
        CSWin(**arguments)
