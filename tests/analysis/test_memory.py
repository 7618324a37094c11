import numpy as np

from mmseg_hrvit.analysis.memory import peak_memory
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
