"""A folder that the demo was killed in is finished, and nothing is done twice."""

import signal
import subprocess
import sys
import time

import pytest

from data import draw_pair
from export_data import save_small
from faults.runs import PATIENCE
from paths import TOOLS

IMAGES, BROKEN = 200, 5


@pytest.fixture
def images(tmp_path):
    """A folder of images, of which some are truncated."""
    folder = tmp_path / 'images'
    for i in range(IMAGES):
        path = folder / f'{i:03d}.jpg'
        draw_pair(path, tmp_path / 'unused.png', [0], i, (40, 56))
        if i % (IMAGES // BROKEN) == 7:
            path.write_bytes(path.read_bytes()[:200])
    return folder


def times(out):
    """When each result was finished, by its name, in nanoseconds."""
    return {path.name: path.stat().st_mtime_ns for path in out.glob('areas/*.json')}


@pytest.mark.faults
def test_killed_half_way(images, tmp_path, record_property):
    model, out = save_small('hrvit_b1_camvid', tmp_path), tmp_path / 'out'
    command = [sys.executable, TOOLS / 'demo.py', images, *model, '--out', out]
    command = [*map(str, command), '--batch-size', '2']
    process = subprocess.Popen(command)
    end = time.monotonic() + PATIENCE
    while len(times(out)) < IMAGES // 2:
        assert process.poll() is None, 'ended before it could be killed'
        assert time.monotonic() < end
        time.sleep(0.002)
    process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    before = times(out)
    assert IMAGES // 2 <= len(before) < IMAGES - BROKEN

    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1, ended.stderr
    after = times(out)
    assert len(after) == IMAGES - BROKEN
    assert {name: after[name] for name in before} == before  # none done twice
    for kind in ('labels', 'overlays'):
        assert len(list((out / kind).iterdir())) == IMAGES - BROKEN
    named = [x for x in ended.stderr.splitlines() if x.startswith('skipped: ')]
    assert len(named) == BROKEN
    assert all('cannot be read' in line for line in named)
    rows = (out / 'areas.csv').read_text().splitlines()
    assert len(rows) == 1 + 11 * (IMAGES - BROKEN)
    record_property('kills survived', 1)
    record_property('faults injected', 1 + BROKEN)
    record_property('results lost', IMAGES - BROKEN - len(after))
