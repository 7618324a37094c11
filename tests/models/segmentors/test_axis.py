import pytest
import torch
import torch.nn.functional as F

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.segmentors.axis import Axis, bilinear_taps, cut_windows, reach


def apply(taps, x):
    """Sums a line by taps."""
    return (x[taps.index] * taps.weight).sum(1)


def resize(x, size, align_corners):
    return F.interpolate(
        x[None, None], size, mode='linear', align_corners=align_corners
    )[0, 0]


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize(
    ('size', 'out_size'), [(16, 64), (43, 171), (171, 43), (1, 5), (5, 1), (7, 7)]
)
def test_taps_are_those_of_interpolate(size, out_size, align_corners):
    x = torch.randn(size, dtype=torch.float64)
    taps = bilinear_taps(size, out_size, align_corners, x.dtype)
    assert torch.allclose(apply(taps, x), resize(x, out_size, align_corners), 0, 1e-12)


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('size', [1, 43, 171, 1025, 60_001])
@pytest.mark.parametrize('out_size', [1, 43, 171, 600, 60_000])
def test_places_that_pixels_are_summed_of(size, out_size, align_corners):
    index = bilinear_taps(size, out_size, align_corners, torch.float32).index
    for start in (0, out_size // 3, out_size - 1):
        part = range(start, min(start + 40, out_size))
        span = reach(part, size, out_size, align_corners)
        own = index[part.start : part.stop]
        assert 0 <= span[0] <= own.min() and own.max() <= span[-1] < size
        assert len(span) <= own.max() - own.min() + 3


@pytest.mark.parametrize('size', [683, 2001])
def test_positions_are_rounded_as_interpolate_does(size):
    # In float32 a position may be off by 1e-4: labels are equal if both are.
    taps = bilinear_taps(171, size, False, torch.float32)
    ones = torch.eye(171)[None]
    expected = F.interpolate(ones, size, mode='linear')[0].T  # size, 171
    found = torch.zeros_like(expected).scatter_add_(1, taps.index, taps.weight)
    assert torch.equal(found, expected)


@pytest.mark.parametrize(
    ('args', 'expected'),
    [
        ((2048, 1024, 768), [(0, 1024), (768, 1792), (1024, 2048)]),
        ((100, 64, 36), [(0, 64), (36, 100)]),
        ((64, 64, 32), [(0, 64)]),
        ((50, 64, 32), [(0, 50)]),
        ((10, 4, 4), [(0, 4), (4, 8), (6, 10)]),
    ],
)
def test_windows_lie_as_in_mmseg(args, expected):
    assert cut_windows(*args) == [range(*ends) for ends in expected]


@pytest.mark.parametrize('stride', [0, 65])
def test_a_stride_that_leaves_gaps(stride):
    with pytest.raises(InputError, match='choose 1 to 64'):
        cut_windows(100, 64, stride)


@pytest.mark.parametrize('shown', [range(100), range(99, -1, -1), range(7, 90)])
@pytest.mark.parametrize('out_size', [100, 61, 240])
def test_sums_over_windows_step_by_step(shown, out_size):
    windows = cut_windows(100, 40, 24)
    maps = torch.randn(len(windows), 10, dtype=torch.float64)
    total, count = torch.zeros(2, 100, dtype=torch.float64)
    for window, x in zip(windows, maps, strict=True):
        total[window.start : window.stop] += resize(x, 40, False)
        count[window.start : window.stop] += 1
    expected = resize((total / count)[torch.tensor(shown)], out_size, False)

    axis = Axis(windows, shown, out_size, False, torch.float64)
    for part in (range(out_size), range(10, 33)):
        taps = axis.taps(part, 10)
        assert list(taps) == list(axis.touching(part))
        found = sum(apply(own, maps[i]) for i, own in taps.items())
        assert torch.allclose(found, expected[part.start : part.stop], 0, 1e-12)
    assert len(axis.touching(range(10, 33))) < len(windows)
