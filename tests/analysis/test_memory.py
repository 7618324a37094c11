import numpy as np
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from mmseg_hrvit.analysis.memory import kept_bytes, peak_memory
from mmseg_hrvit.analysis.sliding import apart

MEGABYTE = 10**6


def work(kept, freed):
    """Takes memory, and gives some of it back."""
    np.ones(freed * MEGABYTE, np.uint8)
    work.kept = np.ones(kept * MEGABYTE, np.uint8)


def peaks():
    """The peaks of three calls, one after the other."""
    return [
        peak_memory(lambda args=args: work(*args), 'cpu') / MEGABYTE
        for args in ((10, 200), (100, 10), (1, 1))
    ]


def test_each_call_has_a_peak_of_its_own():
    first, second, third = apart(peaks)
    assert 195 < first < 225
    assert 75 < second < 125
    assert third < 25


def test_what_backward_needs_is_counted_however_it_is_kept():
    x = torch.ones(100, requires_grad=True)

    def chain(x):
        return x.exp().exp()  # each keeps its output

    assert kept_bytes(lambda: chain(x)) == 2 * 400
    assert kept_bytes(lambda: chain(chain(x))) == 4 * 400
    assert kept_bytes(lambda: x.detach().add_(1)) == 0  # what was there
    # Recomputed: the result alone is kept.
    assert kept_bytes(lambda: checkpoint(chain, x, use_reentrant=False)) == 400

    def in_half():
        with saved_tensors_hooks(torch.Tensor.half, torch.Tensor.float):
            return chain(x)

    assert kept_bytes(in_half) == 400 + 2 * 200
