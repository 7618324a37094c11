import pytest
import torch
from mmseg.evaluation import IoUMetric

from mmseg_hrvit import FolderIoUMetric


@pytest.mark.parametrize('dtype', [torch.uint8, torch.int64])
def test_pixels_are_counted_as_mmseg_does(dtype):
    predicted = torch.randint(0, 7, (50, 60)).to(dtype)
    label = torch.randint(0, 7, (50, 60)).to(dtype)
    label[:10] = 255
    label[10:12] = 9  # no class, and counted by neither
    expected = IoUMetric.intersect_and_union(predicted, label, 7, 255)
    actual = FolderIoUMetric.intersect_and_union(predicted, label, 7, 255)
    for ours, theirs in zip(actual, expected, strict=True):
        assert torch.equal(ours, theirs.double())
    assert actual[0].sum() > 0


def test_a_single_pixel_counts_beside_many():
    pixel = torch.zeros(1, 1)
    for count in FolderIoUMetric.intersect_and_union(pixel, pixel, 1, 255):
        assert (count + 2**24).item() == 2**24 + 1


def test_nothing_is_predicted_or_true():
    nothing = torch.full((4, 4), 255)
    for counts in FolderIoUMetric.intersect_and_union(nothing, nothing, 7, 255):
        assert counts.tolist() == [0] * 7
