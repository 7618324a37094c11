"""The graph: what goes in, what comes out."""

import pytest
import torch
from mmengine.registry import MODELS

from export_data import small_config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import GraphOptions, InferenceGraph
from mmseg_hrvit.export.graph import Reference
from reference import fill, image


def build(**head):
    """A network of mmseg's own class, in float64: rounding changes no label."""
    cfg = small_config('hrvit_b1_camvid')
    cfg.model.type = 'EncoderDecoder'
    cfg.model.decode_head.update(head)
    return fill(MODELS.build(cfg.model)).double().eval()


@pytest.mark.parametrize(
    ('head', 'logits'),
    [({}, 11), (dict(num_classes=2, out_channels=1, threshold=0.4), 1)],
)
@torch.no_grad()
def test_outputs_are_what_mmseg_predicts(head, logits):
    network = build(**head)
    x = image(2, 3, 45, 70)
    predicted = network.predict(x)
    resized = torch.stack([sample.seg_logits.data for sample in predicted])
    expected = dict(
        logits=network(x, mode='tensor'),
        resized=resized.logit()
        if logits == 1
        else resized,  # mmseg's are probabilities
        labels=torch.cat([sample.pred_sem_seg.data for sample in predicted]).int(),
    )
    assert expected['logits'].shape == (2, logits, 12, 18)
    assert expected['resized'].shape == (2, logits, 45, 70)
    assert len(expected['labels'].unique()) > 1
    for output, value in expected.items():
        options = GraphOptions(output)
        for function in (InferenceGraph, Reference):
            torch.testing.assert_close(function(network, options)(x), value)


@torch.no_grad()
def test_raw_images_are_normalised_as_the_preprocessor_does():
    network = build().float()
    images = torch.randint(0, 256, (2, 3, 40, 64), dtype=torch.uint8)  # BGR
    data = network.data_preprocessor(dict(inputs=list(images)), False)
    expected = InferenceGraph(network)(data['inputs'])
    graph = InferenceGraph(network, GraphOptions(normalize=True))
    assert torch.allclose(graph(images.flip(1).float()), expected, atol=1e-4)


def test_unknown_output():
    with pytest.raises(InputError, match="output='mask' is unknown"):
        GraphOptions('mask')
