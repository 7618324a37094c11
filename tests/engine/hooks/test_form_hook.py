from types import SimpleNamespace

import pytest
import torch
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.registry import HOOKS
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from data import TINY_ARCH
from mmseg_hrvit.models import HRViT
from mmseg_hrvit.models.forms.compiled import CompiledBlock
from mmseg_hrvit.models.forms.linear import ConvolvedLinear
from mmseg_hrvit.models.layers import Block
from reference import fill, image, relative_error


def build(**options):
    """The hook, and a runner with a small network."""
    hook = HOOKS.build(dict(type='mmseg_hrvit.FormHook', **options))
    return hook, SimpleNamespace(model=fill(HRViT(TINY_ARCH)).double())


def classes(model):
    """The classes of all modules in turn."""
    return [type(module) for module in model.modules()]


@pytest.mark.parametrize(
    ('options', 'device', 'form', 'keeps_less'),
    [
        ({}, 'cpu', ConvolvedLinear, True),
        (dict(memory=False), 'cpu', ConvolvedLinear, False),
        ({}, 'cuda', nn.Linear, False),
        (dict(memory=True), 'cuda', nn.Linear, True),
        (dict(compile=True), 'cpu', CompiledBlock, False),
        (dict(compile=True), 'cuda', CompiledBlock, False),
    ],
)
def test_training_has_the_form_of_its_device(
    options, device, form, keeps_less, monkeypatch
):
    monkeypatch.setattr('mmseg_hrvit.engine.hooks.form.get_device', lambda: device)
    hook, runner = build(**options)
    before, names = classes(runner.model), list(runner.model.state_dict())
    hook.before_train(runner)
    assert form in classes(runner.model)
    assert (ConvolvedLinear in classes(runner.model)) == (form is ConvolvedLinear)
    blocks = [m for m in runner.model.modules() if isinstance(m, Block)]
    assert all(bool(b.attn._forward_hooks) == keeps_less for b in blocks)
    assert list(runner.model.state_dict()) == names
    hook.after_train(runner)
    assert classes(runner.model) == before
    assert not any(b.attn._forward_hooks for b in blocks)


def test_the_copy_is_there_for_the_test_alone():
    hook, runner = build()
    model = runner.model.eval()
    hook.before_test(runner)
    assert runner.model is not model
    assert not any(isinstance(m, _BatchNorm) for m in runner.model.modules())
    x = image(1, 3, 64, 64)
    with torch.no_grad():
        pairs = zip(runner.model(x), model(x), strict=True)
    assert all(relative_error(a, b) < 1e-12 for a, b in pairs)
    hook.after_test(runner)
    assert runner.model is model


def test_the_plain_network_is_tested_where_it_is_asked():
    hook, runner = build(inference=False)
    model = runner.model
    hook.before_test(runner)
    assert runner.model is model


class Augmented(BaseTTAModel):
    """Test-time augmentation, as far as a hook sees it."""

    def merge_preds(self, data_samples_list):
        return data_samples_list


def test_what_is_parallel_goes_and_test_time_augmentation_stays():
    hook, runner = build()
    runner.model.test_step = None  # the augmentation asks for it
    runner.model = nn.DataParallel(Augmented(runner.model))
    assert is_model_wrapper(runner.model)
    hook.before_test(runner)
    assert type(runner.model) is Augmented
    assert not any(isinstance(m, _BatchNorm) for m in runner.model.modules())


def test_cuda_graphs_are_for_the_copy_of_the_test(monkeypatch):
    graphed = []
    where = 'mmseg_hrvit.engine.hooks.form.use_cuda_graphs'
    monkeypatch.setattr(where, graphed.append)
    hook, runner = build(cuda_graphs=True)
    model = runner.model.eval()
    hook.before_test(runner)
    assert graphed == [runner.model]
    assert runner.model is not model
    hook.after_test(runner)
    assert runner.model is model
