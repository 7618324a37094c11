import pytest

from format_testers import FormatTester


class TestTorchExport(FormatTester):
    to = 'torchexport'

    @pytest.mark.full
    def test_any_size(self, path):
        super().test_any_size(path)
