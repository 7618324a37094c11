"""What is wrong in a config and shows when it is built: one line, or the traceback."""

import pytest
from mmengine.registry import Registry
from torch import ones
from torch.nn import Parameter
from torch.optim import SGD

from mmseg_hrvit.engine.build_errors import build_errors_told
from mmseg_hrvit.errors import InputError

THINGS = Registry('thing')


@THINGS.register_module()
class Base:
    def __init__(self, size):
        if size == 'broken':
            helper(sise=1)
        if size == 'wrong':
            raise ValueError('wrong')


@THINGS.register_module()
class Special(Base):
    def __init__(self, colour='red', **kwargs):
        super().__init__(**kwargs)


@THINGS.register_module()
class Optimizer(SGD):
    def __init__(self, lr, params=None):
        super().__init__([Parameter(ones(1))], lr)


def helper(size):
    raise KeyError('a mistake in the code')


@pytest.mark.parametrize(
    ('cfg', 'message'),
    [
        (dict(type='Base', sise=1), "Base takes no argument 'sise': did you mean size"),
        (dict(type='Special', sise=1), "Special takes no argument 'sise': did you mea"),
        (dict(type='Special', colors=1, size=1), 'did you mean colour?'),
        (dict(type='Special'), "Special needs 'size' in the config"),
        (dict(type='Optimizer', lr=-1), 'Optimizer: Invalid learning rate: -1; see it'),
        (dict(type='Optimizer', lr='x'), "Optimizer: '<' not supported between"),
        (dict(type='Speciall'), "no type 'Speciall' among the things .*mean Special?"),
    ],
)
def test_one_line(cfg, message):
    with pytest.raises(InputError, match=message), build_errors_told():
        THINGS.build(cfg)


def test_a_mistake_in_the_code_keeps_its_traceback():
    with pytest.raises(TypeError, match='sise'), build_errors_told():
        THINGS.build(dict(type='Base', size='broken'))
    with pytest.raises(KeyError, match='mistake'), build_errors_told():
        helper(1)
    with pytest.raises(ValueError, match='wrong'), build_errors_told():
        THINGS.build(dict(type='Base', size='wrong'))
