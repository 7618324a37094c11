"""The graph: what goes in, what comes out."""

import pytest
import torch
import torch.nn.functional as F

from export_data import build_small
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import GraphOptions, InferenceGraph


@pytest.fixture
def network():
    return build_small('hrvit_b1_camvid')[0]


@torch.no_grad()
def test_outputs(network):
    x = torch.randn(2, 3, 45, 70)
    logits, resized, labels = (
        InferenceGraph(network, GraphOptions(output))(x)
        for output in ('logits', 'resized', 'labels')
    )
    assert logits.shape == (2, 11, 12, 18)
    expected = F.interpolate(logits, size=(45, 70), mode='bilinear')
    assert torch.allclose(resized, expected, atol=1e-5)
    assert labels.dtype == torch.int32
    assert torch.equal(labels, resized.argmax(1).int())


@torch.no_grad()
def test_raw_images_are_normalised_as_the_preprocessor_does(network):
    images = torch.randint(0, 256, (2, 3, 40, 64), dtype=torch.uint8)  # BGR
    data = network.data_preprocessor(dict(inputs=list(images)), False)
    expected = InferenceGraph(network)(data['inputs'])
    graph = InferenceGraph(network, GraphOptions(normalize=True))
    assert torch.allclose(graph(images.flip(1).float()), expected, atol=1e-4)


def test_unknown_output():
    with pytest.raises(InputError, match="output='mask' is unknown"):
        GraphOptions('mask')
