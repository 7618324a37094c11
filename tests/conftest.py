"""Options and fixtures of all tests."""

import pytest
import torch
from mmengine.registry import DefaultScope


def pytest_addoption(parser):
    parser.addoption(
        '--full', action='store_true', help='run the slow tests, at true sizes'
    )


def pytest_configure(config):
    config.addinivalue_line('markers', 'full: a slow test, run with --full alone')


def pytest_collection_modifyitems(config, items):
    if not config.getoption('--full'):
        skip = pytest.mark.skip(reason='slow: run with --full')
        for item in items:
            if 'full' in item.keywords:
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def mmseg_scope():
    """Types are looked up in mmseg's registries, whatever a test before has run."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield
