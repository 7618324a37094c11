"""Tracing; whole networks are traced by test_write.py."""

import pytest
from torch import nn

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export.trace import NEEDED, trace


def export_of_an_old_torch(module, args, kwargs=None, *, dynamic_shapes=None):
    """Has no argument by which guards are deferred."""


def test_a_torch_that_is_too_old_is_refused(monkeypatch):
    monkeypatch.setitem(NEEDED, export_of_an_old_torch, 'defer_guards')
    with pytest.raises(InputError, match='is too old to export the network: update it'):
        trace(nn.Identity(), 3, None)
