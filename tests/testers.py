"""What every backbone and every head must pass: a new one is tested by naming it."""

import copy

import pytest
import torch
from mmengine.registry import MODELS
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_hrvit import deploy
from reference import fill, image, relative_error


def build(cfg):
    """Builds a registered module, filled with deterministic weights."""
    return fill(MODELS.build(copy.deepcopy(cfg)))


def to_float64(inputs):
    """Inputs of ``ModuleTester`` in double precision."""
    if isinstance(inputs, torch.Tensor):
        return inputs.double()
    return type(inputs)(x.double() for x in inputs)


class ModuleTester:
    """Common tests; a subclass gives ``cfg`` and ``run(module, size)``."""

    sizes = ((64, 64), (33, 65), (70, 45))

    @pytest.fixture
    def cfg(self):
        """The config to build from the registry."""
        raise NotImplementedError

    def inputs(self, cfg, size):
        """What the module is called with for an image of ``size``."""
        raise NotImplementedError

    def outputs(self, module, inputs):
        """The module's output as a tuple of tensors."""
        out = module(inputs)
        return out if isinstance(out, tuple) else (out,)

    def test_every_size_gives_finite_outputs(self, cfg):
        module = build(cfg).eval()
        for size in self.sizes:
            with torch.no_grad():
                outs = self.outputs(module, self.inputs(cfg, size))
            assert all(x.isfinite().all() for x in outs)
            self.check_shapes(module, cfg, size, outs)

    def test_every_parameter_gets_a_gradient(self, cfg):
        module = build(cfg).train()
        outs = self.outputs(module, self.inputs(cfg, (64, 96)))
        sum((x * torch.randn_like(x)).sum() for x in outs).backward()
        for name, param in module.named_parameters():
            assert param.grad is not None, name
            assert param.grad.isfinite().all(), name
            assert param.grad.abs().max() > 0, name

    @torch.no_grad()
    def test_the_deployed_form_is_the_same_function(self, cfg):
        module = build(cfg).double().eval()
        before = copy.deepcopy(module.state_dict())
        folded = deploy(module)
        assert not any(isinstance(m, _BatchNorm) for m in folded.modules())
        for size in self.sizes:
            inputs = to_float64(self.inputs(cfg, size))
            pairs = zip(
                self.outputs(folded, inputs), self.outputs(module, inputs), strict=True
            )
            assert all(relative_error(a, b) < 1e-12 for a, b in pairs)
        assert all(torch.equal(x, before[k]) for k, x in module.state_dict().items())

    def test_save_and_load(self, cfg, tmp_path):
        module, other = build(cfg).eval(), MODELS.build(copy.deepcopy(cfg)).eval()
        torch.save(module.state_dict(), tmp_path / 'weights.pth')
        other.load_state_dict(torch.load(tmp_path / 'weights.pth', weights_only=True))
        inputs = self.inputs(cfg, (64, 64))
        pairs = zip(
            self.outputs(module, inputs), self.outputs(other, inputs), strict=True
        )
        assert all(torch.equal(a, b) for a, b in pairs)


class BackboneTester(ModuleTester):
    """Adds what backbones share."""

    def inputs(self, cfg, size):
        channels = cfg.get('in_channels', 3)
        return image(2, channels, *size).float()

    def check_shapes(self, module, cfg, size, outs):
        indices = cfg.get('out_indices', (0, 1, 2, 3))
        expected = [
            (2, c, *(-(-n // 2 ** (i + 2)) for n in size))
            for i, c in zip(indices, module.out_channels, strict=True)
        ]
        assert [tuple(x.shape) for x in outs] == expected


class HeadTester(ModuleTester):
    """Adds what decode heads share: the maps of a backbone as input."""

    def inputs(self, cfg, size):
        return [
            image(2, c, *(-(-n // 2 ** (i + 2)) for n in size)).float()
            for i, c in enumerate(cfg['in_channels'])
        ]

    def check_shapes(self, module, cfg, size, outs):
        expected = (2, cfg['num_classes'], -(-size[0] // 4), -(-size[1] // 4))
        assert [tuple(x.shape) for x in outs] == [expected]
