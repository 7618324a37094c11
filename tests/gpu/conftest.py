"""What the tests of a GPU share; with ``--gpu cpu`` most run on a CPU."""

from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

NO_GPU = 'there is no GPU here'


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Skips all tests for the same reason at one place, so pytest tells it once."""
    report = yield
    if report.skipped and NO_GPU in str(report.longrepr):
        report.longrepr = (str(Path(__file__).parent), None, f'Skipped: {NO_GPU}')
    return report


@pytest.fixture(scope='session', autouse=True)
def device(pytestconfig):
    """Where the tests run: 'cuda' or 'cpu'."""
    # Without the option, somebody has named this folder on the command line.
    name = pytestconfig.getoption('--gpu') or 'cuda'
    if name == 'cuda' and not torch.cuda.is_available():
        pytest.skip(NO_GPU)
    return torch.device(name)


@pytest.fixture
def cuda(device):
    """Of tests that have no meaning elsewhere."""
    if device.type != 'cuda':
        pytest.skip('has a meaning on a GPU alone')
    return device


@contextmanager
def tf32(allowed):
    """Lets products and convolutions of float32 round their factors, or not."""
    matmul, conv = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, conv.allow_tf32
    matmul.allow_tf32 = conv.allow_tf32 = allowed
    try:
        yield
    finally:
        matmul.allow_tf32, conv.allow_tf32 = before


@pytest.fixture(autouse=True)
def exact_float32():
    """No TF32, but where a test allows it."""
    with tf32(False):
        yield
