from types import SimpleNamespace

import pytest
from mmengine.registry import HOOKS
from torch import nn

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import HRViT
from mmseg_hrvit.models.layers import Block


@pytest.mark.parametrize('method', ['before_train', 'before_test'])
def test_blocks_are_compiled(method):
    runner = SimpleNamespace(model=HRViT())
    names = list(runner.model.state_dict())
    hook = HOOKS.build(dict(type='mmseg_hrvit.CompileHook'))
    getattr(hook, method)(runner)
    blocks = [m for m in runner.model.modules() if isinstance(m, Block)]
    # Where torch keeps what Module.compile makes.
    assert all(block._compiled_call_impl is not None for block in blocks)
    assert list(runner.model.state_dict()) == names


def test_a_model_without_hrvit_is_refused():
    hook = HOOKS.build(dict(type='mmseg_hrvit.CompileHook'))
    with pytest.raises(InputError, match='no HRViT'):
        hook.before_train(SimpleNamespace(model=nn.Linear(2, 2)))
