from types import SimpleNamespace

import torch
from mmengine.registry import HOOKS
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_hrvit.models import HRViT
from reference import fill, image, relative_error


def test_the_folded_copy_is_there_for_the_test_alone():
    model = fill(HRViT()).double().eval()
    runner = SimpleNamespace(model=model)
    hook = HOOKS.build(dict(type='mmseg_hrvit.DeployHook'))
    hook.before_test(runner)
    assert runner.model is not model
    assert not any(isinstance(m, _BatchNorm) for m in runner.model.modules())
    x = image(1, 3, 64, 64)
    with torch.no_grad():
        pairs = zip(runner.model(x), model(x), strict=True)
    assert all(relative_error(a, b) < 1e-12 for a, b in pairs)
    hook.after_test(runner)
    assert runner.model is model
