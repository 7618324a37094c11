import torch

from mmseg_hrvit.analysis import roofline


def test_rates_are_work_by_the_shortest_time(monkeypatch):
    monkeypatch.setattr(roofline, 'shortest', lambda call, device: 0.5)
    assert roofline.matmul_rate('cpu', torch.float32) == 2 * 2048**3
    assert roofline.copy_bandwidth('cpu') == 2**30


def test_the_shortest_of_all_calls_counts(monkeypatch):
    times = iter([0, 5, 10, 12, 20, 23] + [30, 39] * 7)
    monkeypatch.setattr(roofline.time, 'perf_counter', lambda: next(times))
    assert roofline.shortest(lambda: None, 'cpu') == 2
