import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip('openvino', reason='openvino is not installed')

from mmseg_hrvit.export.formats.openvino import compile_model
from mmseg_hrvit.export.formats.openvino_reader import CORE, read_program


class AllOperators(nn.Module):
    """Each operator of ``CORE``, in all that its arguments say."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)
        self.plain = nn.Conv2d(6, 5, (1, 2), dilation=2, bias=False)
        self.dropout = nn.Dropout2d()

    def forward(self, x):
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.dropout(self.plain(self.conv(x)))  # B, 5, h, w
        x = x * (x > -0.1).to(torch.float32)
        x = x.reshape(x.shape[0], 5, -1, 2)
        return (x @ x.transpose(-1, -2)).softmax(-1)


class Decomposed(nn.Module):
    """An operator that OpenVINO has torch decompose, beside one of ``CORE``."""

    def forward(self, x):
        return torch.special.xlog1py(x.reshape(-1), x.flatten().abs())


def convert(network, *shape):
    images = torch.randn(shape)
    dims = ({0: torch.export.Dim('batch')},)
    program = torch.export.export(network.eval(), (images,), dynamic_shapes=dims)
    return images, program, read_program(program)


def check(network, images, model):
    with torch.no_grad():
        expected = network(images).numpy()
    found = compile_model(model)(images.numpy())
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_every_operator_is_the_same_function(monkeypatch):
    network = AllOperators()
    images, program, model = convert(network, 2, 4, 17, 19)
    check(network, images, model)
    targets = {node.target for node in program.graph.nodes}
    assert CORE.keys() <= targets  # the program itself stays as it is
    # Nothing was decomposed.
    monkeypatch.delattr('torch.export.ExportedProgram.run_decompositions')
    check(network, images, read_program(program))


def test_other_operators_are_decomposed():
    network = Decomposed()
    images, _, model = convert(network, 2, 3, 4)
    check(network, images, model)
