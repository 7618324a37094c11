"""Options and fixtures of all tests."""

import faulthandler
import logging
import signal
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer

GPU_TESTS = Path(__file__).parent / 'gpu'
COUNTED = ('kills survived', 'resumes bit-exact', 'faults injected', 'results lost')


def pytest_addoption(parser):
    parser.addoption(
        '--full', action='store_true', help='run the slow tests, at true sizes'
    )
    parser.addoption(
        '--faults', action='store_true', help='run all tests that break a run'
    )

    parser.addoption(
        '--gpu',
        nargs='?',
        const='cuda',
        metavar='DEVICE',
        help="run the tests in tests/gpu too, on 'cuda'; 'cpu' tries them at tiny size",
    )


def pytest_ignore_collect(collection_path, config):
    """Tests of a GPU are not even mentioned where nobody asks for them."""
    is_asked = config.getoption('--gpu') is not None
    return True if collection_path == GPU_TESTS and not is_asked else None


def pytest_configure(config):
    fuzz = dict(deadline=None, database=None, suppress_health_check=HealthCheck)
    settings.register_profile('few', max_examples=5, derandomize=True, **fuzz)
    settings.register_profile('many', max_examples=200, **fuzz)  # 10 tests: 2,000
    settings.load_profile('many' if config.getoption('--faults') else 'few')
    config.addinivalue_line('markers', 'full: a slow test, run with --full alone')
    config.addinivalue_line('markers', 'faults: breaks a run, slow, with --faults')


def pytest_collection_modifyitems(config, items):
    for option in ('full', 'faults'):
        skip = pytest.mark.skip(reason=f'slow: run with --{option}')
        for item in items:
            if item.get_closest_marker(option) and not config.getoption(f'--{option}'):
                item.add_marker(skip)


def last_words(workerinput):
    """Where a worker of xdist says what has killed it: its stderr is read by nobody."""
    name = f'{workerinput["testrunuid"]}-{workerinput["workerid"]}.txt'
    return Path(tempfile.gettempdir(), name)


def pytest_sessionstart(session):
    # A shell's & has it ignored, which tests and their children would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(session.config, 'workerinput'):
        faulthandler.enable(last_words(session.config.workerinput).open('w'))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    path = last_words(node.workerinput)
    if path.is_file():
        print(path.read_text(), end='')
        path.unlink()


def pytest_terminal_summary(terminalreporter, config):
    """Adds up what the tests in tests/faults have recorded."""
    if not config.getoption('--faults'):
        return
    total = dict.fromkeys(COUNTED, 0)
    for report in terminalreporter.getreports('passed'):
        for name, number in report.user_properties:
            if name in total:
                total[name] += number
    terminalreporter.section('faults')
    for name, number in total.items():
        terminalreporter.line(f'{name}: {number}')


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def plain_text(monkeypatch):
    """Saves the time for pretty configs: a run formats its own some seven times."""
    monkeypatch.setattr('yapf.yapflib.yapf_api.FormatCode', lambda text, **_: (text, 1))


@pytest.fixture(autouse=True)
def mmseg_scope():
    """Types are looked up in mmseg's registries, whatever a test before has run."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield


@pytest.fixture(autouse=True)
def nothing_of_a_run():
    """Forgets loggers and visualizers: folder and captured screen go with a test."""
    yield
    for logger in MMLogger._instance_dict.values():
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                handler.close()
    for cls in (MMLogger, Visualizer, *Visualizer.__subclasses__()):
        cls._instance_dict.clear()
