import pytest
import torch
from mmengine.optim import OptimWrapper

from mmseg_hrvit.engine.finite_step import FiniteStep, any_not_finite


@pytest.mark.parametrize('value', [torch.nan, torch.inf, -torch.inf])
def test_one_value_makes_gradients_not_finite(value):
    grads = [torch.ones(3), torch.ones(2, 2), torch.empty(0)]
    assert any_not_finite(grads) == 0
    assert any_not_finite([]) == 0
    grads[1][0, 1] = value
    assert any_not_finite(grads) == 1


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_the_largest_finite_values_are_finite(dtype):
    largest = torch.finfo(dtype).max
    assert any_not_finite([torch.full((8,), -largest, dtype=dtype)]) == 0


class Event:
    """In place of a GPU's event: notes the order of what is done."""

    def __init__(self, check, order):
        self.check = check
        self.order = order

    def record(self):
        self.order.append(('copied', bool(self.check.failed)))

    def synchronize(self):
        self.order.append('waited')
        self.check.failed.fill_(1)  # what the copy brings at last


def test_the_result_is_read_after_its_copy():
    layer = torch.nn.Linear(1, 1)
    check = FiniteStep(OptimWrapper(torch.optim.SGD(layer.parameters(), lr=0.1)))
    check.copied = Event(check, order := [])
    check.wrapper.update_params(layer(torch.ones(1, 1)).sum())
    assert order == [('copied', False)]
    assert check.has_failed()
    assert order == [('copied', False), 'waited']
