import pytest
import torch

from mmseg_hrvit.engine.finite_step import any_not_finite


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
