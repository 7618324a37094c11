import pytest
import torch
from torch import nn

from mmseg_hrvit.models.layers import CrossResolutionFusion
from oracle import OracleFusion
from reference import check_same_function, fill, image

BN = dict(type='BN')
CHANNELS = [4, 6, 8, 10]
SIZES = [(16, 24), (13, 9), (1, 3)]


def build(in_branches=3, out_indices=(0, 1, 2, 3), **options):
    return CrossResolutionFusion(
        CHANNELS[:in_branches], CHANNELS, out_indices, BN, **options
    )


def shape(i, size):
    """The shape of the map of a branch, for a first one of ``size``."""
    return 2, CHANNELS[i], *(-(-side // 2**i) for side in size)


def maps(size, branches=3):
    """A map for each of the branches."""
    return [image(*shape(i, size)) for i in range(branches)]


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('branches', [3, 4])
def test_is_figure_4(branches, size):
    """Up paths, down paths, and a new branch where there is none yet."""
    oracle = OracleFusion(CHANNELS[:branches], CHANNELS)
    outs = check_same_function(build(branches), oracle, maps(size, branches))
    assert [x.shape for x in outs] == [shape(i, size) for i in range(4)]


@pytest.mark.parametrize('size', SIZES)
@torch.no_grad()
def test_sparse_fusion_is_the_paths_between_neighbours(size):
    sparse = fill(build(dense=False)).double().eval()
    oracle = fill(OracleFusion(CHANNELS[:3], CHANNELS)).double().eval()
    for j, row in enumerate(oracle.paths):
        for i, path in enumerate(row):
            if abs(i - j) > 1:  # such a path adds zeros
                norm = path.bn2 if i < j else path.bn
                nn.init.zeros_(norm.weight)
                nn.init.zeros_(norm.bias)
    fused = sparse(maps(size))
    for j, expected in enumerate(oracle(maps(size))):
        torch.testing.assert_close(fused[j], expected)


def test_branches_that_nobody_needs_are_not_made():
    pruned = fill(build(out_indices=(1, 3)))
    assert {name.split('.')[1] for name, _ in pruned.named_parameters()} == {'1', '3'}
    assert pruned.float()([x.float() for x in maps((13, 9))]).keys() == {1, 3}
