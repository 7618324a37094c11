import pytest
import torch

from oracle import OracleSegformerHead
from reference import check_same_function, fill, relative_error
from testers import HeadTester, build

CFG = dict(
    type='mmseg_hrvit.LinearSegformerHead',
    in_channels=[32, 64, 128, 256],
    in_index=[0, 1, 2, 3],
    channels=48,
    num_classes=11,
    dropout_ratio=0.0,
    norm_cfg=dict(type='BN'),
)


class TestLinearSegformerHead(HeadTester):
    @pytest.fixture
    def cfg(self):
        return CFG

    @pytest.mark.parametrize('size', [(64, 96), (45, 61)])
    def test_outputs_and_gradients_equal_the_oracle(self, cfg, size):
        oracle = OracleSegformerHead(cfg['in_channels'], 48, 11)
        inputs = [x.double() for x in self.inputs(cfg, size)]
        check_same_function(build(cfg), oracle, inputs)

    def test_without_a_norm(self, cfg):
        head = build(dict(cfg, norm_cfg=None)).double().eval()
        inputs = [x.double() for x in self.inputs(cfg, (64, 64))]
        maps = [conv(x) for conv, x in zip(head.convs, inputs, strict=True)]
        size = inputs[0].shape[2:]
        maps = [torch.nn.functional.interpolate(x, size, mode='bilinear') for x in maps]
        expected = head.conv_seg(head.fusion_conv(torch.cat(maps, 1)))
        assert relative_error(head(inputs), expected) < 1e-12


@pytest.mark.parametrize('dropout_ratio', [0.0, 0.1])
def test_a_hundred_steps_equal_the_oracle(dropout_ratio, size=(32, 48), num_steps=100):
    head = build(dict(CFG, dropout_ratio=dropout_ratio)).double().train()
    oracle = fill(OracleSegformerHead(CFG['in_channels'], 48, 11, dropout_ratio))
    oracle = oracle.double().train()
    torch.manual_seed(0)
    labels = torch.randint(11, (2, *size))
    steps = [make_step(module, labels) for module in (head, oracle)]
    losses = []
    for seed in range(num_steps):
        maps = [
            torch.randn(2, c, -(-size[0] // 2**i), -(-size[1] // 2**i)).double()
            for i, c in enumerate(CFG['in_channels'])
        ]
        losses.append([step(maps, seed) for step in steps])
    assert losses[-1][0] < losses[0][0]
    assert all(fast == pytest.approx(slow, rel=1e-9) for fast, slow in losses)


def make_step(head, labels):
    """A function that trains a head by one step on maps, and returns the loss."""
    optimizer = torch.optim.SGD(head.parameters(), lr=0.01, momentum=0.9)

    def step(maps, seed):
        torch.manual_seed(seed)  # both drop the same channels
        loss = torch.nn.functional.cross_entropy(head(maps), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
