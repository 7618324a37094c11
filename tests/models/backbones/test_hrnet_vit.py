import pytest
import torch
from mmengine.registry import MODELS
from mmseg.models.backbones import HRNet

from endings import refused
from mmseg_hrvit import HRNetViT
from mmseg_hrvit.models.backbones.hrnet_vit import (
    MiTBlock,
    TransformerBranch,
    describe_stages,
)
from mmseg_hrvit.models.layers import CSWinBlock
from reference import fill, image
from selection import full_but
from testers import BackboneTester

BLOCKS = dict(mit=MiTBlock, cswin=CSWinBlock)


# CSWin's blocks have tests of their own.
@pytest.mark.parametrize('block', full_but(BLOCKS, 'mit'))
class TestHRNetViT(BackboneTester):
    sizes = (*BackboneTester.sizes, (129, 250))

    @pytest.fixture
    def cfg(self, block):
        return dict(type='mmseg_hrvit.HRNetViT', width=8, block=block, in_channels=4)


@pytest.mark.parametrize('block', BLOCKS)
def test_all_but_the_branches_is_hrnets(block):
    ours = HRNetViT(18, block)
    theirs = HRNet(describe_stages(18, None, 0.0))

    def shapes(net):
        return {
            name: value.shape
            for name, value in net.state_dict().items()
            if '.branches.' not in name
        }

    assert shapes(ours) == shapes(theirs)
    assert len(shapes(ours)) > 200
    branches = [m for m in ours.modules() if isinstance(m, TransformerBranch)]
    assert len(branches) == 2 + 4 * 3 + 3 * 4
    for branch in branches:
        assert [type(b) for b in branch.blocks] == [BLOCKS[block]] * 4


def test_the_reduction_of_mit_is_depth_wise():
    net = HRNetViT(8, 'mit')
    blocks = [branch.blocks[0] for branch in net.stage4[0].branches]
    kernels = [b.layer.attn.sr.kernel_size for b in blocks if b.layer.attn.sr_ratio > 1]
    assert kernels == [(8, 8), (4, 4), (2, 2)]
    assert all(b.layer.attn.sr.weight.shape[1] == 1 for b in blocks[:3])


def test_a_mit_block_keeps_rows_and_columns():
    block = fill(MiTBlock(8, 1, 2, 4, 0.0)).double().eval()
    # Without attention, its 3x3 convolution alone sees other tokens.
    torch.nn.init.zeros_(block.layer.attn.attn.out_proj.weight)
    x = image(1, 4, 6, 8)
    moved = x.clone()
    moved[0, 2, 4, 0] += 1
    with torch.no_grad():
        changed = (block(moved) != block(x)).any(dim=-1)[0]
    expected = torch.zeros(4, 6, dtype=torch.bool)
    expected[1:4, 3:6] = True
    assert torch.equal(changed, expected)


@pytest.mark.parametrize('block', BLOCKS)
def test_drop_path_rates_grow(block):
    net = HRNetViT(8, block, drop_path_rate=0.31)
    expected = iter(torch.linspace(0, 0.31, 32).split(4))
    for stage in (net.stage2, net.stage3, net.stage4):
        for module, rates in zip(stage, expected, strict=False):
            for branch in module.branches:
                assert [rate_of(b) for b in branch.blocks] == pytest.approx(rates)


def rate_of(block):
    """The drop-path rate of a block."""
    if isinstance(block, MiTBlock):
        return block.layer.attn.dropout_layer.drop_prob
    return block.drop_path.drop_prob


def test_initialisation():
    net = HRNetViT(8, 'mit')
    net.init_weights()
    qkv = net.stage2[0].branches[0].blocks[0].layer.attn.attn.out_proj
    assert abs(float(qkv.weight.std()) - 0.02) < 0.01
    assert net.conv2.weight.std() > 0.05  # Kaiming's, of 576 inputs
    assert torch.all(net.norm1.weight == 1)


def test_a_saved_backbone_is_loaded(tmp_path):
    net = fill(HRNetViT(8, 'cswin'))
    torch.save(net.state_dict(), tmp_path / 'w.pth')
    cfg = dict(type='HRNetViT', width=8, block='cswin')
    other = MODELS.build(dict(cfg, pretrained=str(tmp_path / 'w.pth')))
    other.init_weights()
    state = other.state_dict()
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())


def test_an_unknown_block_is_refused():
    with refused("block='swin'"):
        HRNetViT(block='swin')
