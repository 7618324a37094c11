"""The backbone as a CUDA graph; here its graph is captured, and runs on the CPU."""

import pytest
import torch
from torch import nn

from data import TINY_ARCH
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import HRViT, convert, use_cuda_graphs
from mmseg_hrvit.models.forms.cuda_graphs import GraphedBackbone
from reference import fill, image


@pytest.fixture
def reused(monkeypatch):
    """Compiles a backbone to what returns the same memory, as CUDA graphs do."""

    def compile_module(module, **options):
        assert options == dict(mode='reduce-overhead', dynamic=False)
        forward, memory = module.forward, {}

        def replay(x):
            for i, y in enumerate(forward(x)):
                memory.setdefault(i, torch.empty_like(y)).copy_(y)
            return tuple(memory.values())

        module.forward = replay

    monkeypatch.setattr(nn.Module, 'compile', compile_module)


def test_earlier_outputs_stay_as_they_are(reused):
    backbone = convert(fill(HRViT(TINY_ARCH)).eval(), 'inference')
    images = [image(1, 3, 64, 64).float(), image(1, 3, 64, 64).float().flip(3)]
    with torch.no_grad():
        expected = [[y.clone() for y in backbone(x)] for x in images]
        graphed = GraphedBackbone(backbone)
        found = [graphed(x) for x in images]
    assert not torch.equal(expected[0][0], expected[1][0])
    for maps, others in zip(found, expected, strict=True):
        for actual, map in zip(maps, others, strict=True):
            assert torch.equal(actual, map)


@pytest.mark.full
def test_torch_compiles_the_backbone():
    backbone = convert(fill(HRViT(TINY_ARCH)).eval(), 'inference')
    x = image(1, 3, 64, 64).float()
    with torch.no_grad():
        expected = backbone(x)
        backend = 'aot_eager_decomp_partition'
        with torch.compiler.set_stance('default', force_backend=backend):
            found = GraphedBackbone(backbone)(x)
    torch.compiler.reset()
    for actual, map in zip(found, expected, strict=True):
        assert torch.allclose(actual, map, rtol=1e-4, atol=1e-5)


def test_there_are_none_on_a_cpu():
    with pytest.raises(InputError, match="on cpu: CUDA graphs need one of NVIDIA's"):
        use_cuda_graphs(HRViT(TINY_ARCH))
