"""Windows of maps, in torch and in OpenVINO."""

import pytest
import torch
from torch import nn

from mmseg_hrvit.models.forms.engines.windows import ColumnWindows, RowWindows
from mmseg_hrvit.models.layers.attention import horizontal_attention


@pytest.mark.parametrize('size', [14, 16, 6, 7])
@pytest.mark.parametrize('window_size', [7, 1])
def test_windows_known_and_padded(size, window_size):
    q, v, k = (torch.randn(2, 8, size, 5) for _ in range(3))  # B, C, H, W
    for maps in ((q, v), (q, v, k)):
        tokens = [x.permute(0, 2, 3, 1) for x in (q, maps[-1], v)]
        # Queries are scaled already.
        expected = horizontal_attention(2 * tokens[0], *tokens[1:], window_size, 4)
        rows = RowWindows(window_size, 4)
        columns = ColumnWindows(window_size, 4)
        turned = [x.transpose(2, 3) for x in maps]
        assert rows.mask(q) is None
        for actual in (
            rows.attend(maps, None),
            rows.attend(maps, rows.padding_mask(q)),
            columns.attend(turned, None).transpose(2, 3),
            columns.attend(turned, columns.padding_mask(turned[0])).transpose(2, 3),
        ):
            actual = actual.permute(0, 2, 3, 1)  # B, H, W, C
            assert torch.allclose(actual, expected, atol=1e-6)


class SelfAttention(nn.Module):
    """Attends a map to itself within windows."""

    def __init__(self, windows):
        super().__init__()
        self.windows = windows

    def forward(self, x):
        x = 3 * x  # no tensor that is given is returned
        return self.windows.attend([x, x], self.windows.mask(x))


@pytest.mark.parametrize('windows', [RowWindows, ColumnWindows])
@pytest.mark.parametrize('heads', [1, 2])
@pytest.mark.parametrize('sizes', ['known', 'open'])
def test_openvino_attends_alike(windows, heads, sizes):
    pytest.importorskip('openvino', reason='openvino is not installed')
    from mmseg_hrvit.export import trace
    from mmseg_hrvit.export.formats.openvino import compile_model, convert

    network = SelfAttention(windows(7, 8)).eval()
    shapes = [(40, 48), (49, 35), (65, 97)]
    programs = [trace(network, 8 * heads, None)] if sizes == 'open' else []
    for size in shapes:
        known = None if programs else size
        program = programs[0] if programs else trace(network, 8 * heads, size)
        for batch in (1, 2):
            x = torch.randn(batch, 8 * heads, *size)
            run = compile_model(convert(program, known), shape=tuple(x.shape))
            difference = torch.from_numpy(run(x.numpy())) - network(x)
            assert difference.abs().max() < 1e-5, (size, batch)
