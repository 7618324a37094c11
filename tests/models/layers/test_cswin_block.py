import pytest
import torch

from mmseg_hrvit.checkpoints.convert_cswin import rename
from mmseg_hrvit.models.layers import CSWinBlock
from oracle_cswin import OracleBlock
from reference import fill, image


@pytest.mark.parametrize('size', [(14, 21), (9, 8), (3, 1)])
@pytest.mark.parametrize('window_size', [1, 2, 7, None])
@torch.no_grad()
def test_is_that_of_the_paper(window_size, size):
    oracle = fill(OracleBlock(16, 4, window_size)).double()
    block = CSWinBlock(16, 4, window_size, mlp_ratio=4, drop_path_rate=0.0).double()
    names = {k: rename(f'stage1.0.{k}') for k in oracle.state_dict()}
    prefix = 'stages.0.blocks.0.'
    block.load_state_dict(
        {names[k].removeprefix(prefix): v for k, v in oracle.state_dict().items()}
    )
    x = image(2, *size, 16)
    torch.testing.assert_close(block(x), oracle(x))
