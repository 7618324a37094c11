import pytest
import torch
from mmengine.config import Config
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_hrvit import config, export
from mmseg_hrvit.analysis.forms import (
    TrainingStep,
    build_network,
    build_oracle,
    inference,
)
from mmseg_hrvit.errors import InputError
from oracle import OracleSegmentor
from reference import image

CPU = torch.device('cpu')


@pytest.fixture(scope='module')
def cfg():
    return Config.fromfile(config('hrvit_b1_ade20k'))


def run(cfg, form):
    """Logits of a form for a given image; weights come from a given seed."""
    x = image(1, 3, 64, 64).float()
    torch.manual_seed(0)
    with torch.no_grad():
        return inference(cfg, form, x)(x)


def test_the_form_of_the_runtime_gives_the_same_logits(cfg):
    assert torch.allclose(run(cfg, 'runtime'), run(cfg, 'plain'), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('build', [build_network, build_oracle])
def test_attention_counts(cfg, build):
    norms = [m for m in build(cfg).modules() if isinstance(m, _BatchNorm)]
    assert norms
    assert all((norm.weight > 0).all() for norm in norms)


def test_what_openvino_computes_is_compared(cfg, monkeypatch):
    pytest.importorskip('openvino', reason='openvino is not installed')
    from mmseg_hrvit.export.formats import openvino

    monkeypatch.setattr(export, 'trace', lambda *_: None)
    monkeypatch.setattr(openvino, 'convert', lambda *_: None)
    zeros = torch.zeros(1, 150, 16, 16).numpy()
    monkeypatch.setattr(openvino, 'compile_model', lambda *_: lambda images: zeros)
    with pytest.raises(RuntimeError, match=r'differs too much: by 1\.0e\+00'):
        inference(cfg, 'openvino', image(1, 3, 64, 64).float())


def test_the_oracle_is_the_one_of_the_tests(cfg):
    step = TrainingStep(cfg, 'oracle', CPU)
    assert isinstance(step.network, OracleSegmentor)
    count = [sum(p.numel() for p in step.network.parameters())]
    count.append(
        sum(p.numel() for p in TrainingStep(cfg, 'runtime', CPU).network.parameters())
    )
    assert count[0] == count[1]


@pytest.mark.parametrize('scaled', [False, True])
def test_a_step_trains(scaled):
    step = make_step(torch.nn.Conv2d(3, 2, 1), scaled)
    before = step.network.weight.detach().clone()
    step(image(1, 3, 8, 8).float())
    assert not torch.equal(before, step.network.weight)


def test_what_is_kept_is_counted_once():
    kept = [
        make_step(network).saved_bytes(torch.zeros(1, 3, 8, 8))
        for network in (torch.nn.Conv2d(3, 2, 1), Twice())
    ]
    assert kept[0] == kept[1] > 0


class Twice(torch.nn.Conv2d):
    """Convolves its input twice: it is kept for both."""

    def __init__(self):
        super().__init__(3, 2, 1)

    def forward(self, x):
        return super().forward(x) + super().forward(x)


def make_step(network, scaled=False):
    """A training step of any network."""
    step = TrainingStep.__new__(TrainingStep)
    step.network, step.options = network, {}
    step.optimizer = torch.optim.AdamW(network.parameters())
    step.scaler = torch.amp.GradScaler('cpu', enabled=scaled)
    return step


def test_only_the_form_of_the_runtime_recomputes(cfg):
    images = image(1, 3, 64, 64).float()
    forms = 'plain', 'training_cpu', 'runtime'
    plain, stored, recomputed = (
        TrainingStep(cfg, form, CPU).saved_bytes(images) for form in forms
    )
    assert recomputed < stored < plain


def test_the_form_of_training_is_not_for_inference(cfg):
    with pytest.raises(InputError, match='@training_cpu: for inference, choose run'):
        inference(cfg, 'training_cpu', image(1, 3, 64, 64))


@pytest.mark.parametrize('form', ['openvino', 'eager'])
def test_inference_forms_are_not_trained(cfg, form):
    with pytest.raises(InputError, match=f'@{form}'):
        TrainingStep(cfg, form, CPU)


def test_the_oracle_is_of_hrvit_alone():
    cfg = Config.fromfile(config('baselines/mit_b0_ade20k'))
    with pytest.raises(InputError, match='HRViT'):
        inference(cfg, 'oracle', image(1, 3, 64, 64))
