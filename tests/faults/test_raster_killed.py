"""Killed again and again, a raster's segmentation ends with the same bytes."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

from faults.runs import PATIENCE
from faults.test_disk import needs_mount
from paths import TOOLS
from raster_data import raster_config, read_files, write_raster
from reference import fill

KILLS = 10
SIZE = (3000, 5000)  # 12 parts
# A file system in memory that only the run sees.
ON_SMALL_DISK = """
mkdir -p {disk} && mount -t tmpfs -o size={size} tmpfs {disk}
{command} --out {disk}/out
status=$?
cp -r {disk}/out {kept}
exit $status
"""


@pytest.fixture(scope='module')
def command(tmp_path_factory):
    """The command without --out."""
    folder = tmp_path_factory.mktemp('raster')
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (3, SIZE[0] // 50, SIZE[1] // 50), np.uint8)
    source = write_raster(
        folder / 'big.tif', coarse.repeat(50, 1).repeat(50, 2), nodata=7
    )
    cfg = raster_config(folder, 3, pairs=[])
    cfg.model.test_cfg.update(crop_size=(512, 512), stride=(480, 480))
    cfg.dump(folder / 'net.py')
    weights = fill(MODELS.build(cfg.model)).state_dict()
    torch.save(dict(state_dict=weights), folder / 'net.pth')
    tool = [sys.executable, TOOLS / 'demo.py', source]
    options = ['--probabilities', 'wood']
    return [*map(str, [*tool, folder / 'net.py', folder / 'net.pth']), *options]


@pytest.fixture(scope='module')
def undisturbed(command, tmp_path_factory):
    """What an undisturbed run writes, by name."""
    out = tmp_path_factory.mktemp('undisturbed')
    subprocess.run([*command, '--out', out], check=True, timeout=PATIENCE)
    return read_files(out)


def wait_for(is_there, process):
    end = time.monotonic() + PATIENCE
    while not is_there():
        assert process.poll() is None, 'ended before it could be killed'
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.mark.faults
def test_killed_ten_times(command, undisturbed, tmp_path, record_property):
    command = [*command, '--out', str(tmp_path)]
    chance = random.Random(0)
    parts = tmp_path / 'labels/big.tif.parts'

    def done():
        return len(list(parts.glob('*.npz')))

    # While it predicts, and while it puts the two files together.
    moments = [*sorted(chance.choices(range(12), k=KILLS - 2)), 'big_', 'big.tif.part']
    for moment in moments:
        process = subprocess.Popen(command)
        if isinstance(moment, int):
            wait_for(lambda n=moment: parts.is_dir() and done() >= n, process)
            time.sleep(chance.uniform(0, 0.1))  # well below the time of a part
        else:
            wait_for(
                lambda x=moment: any(
                    path.name.startswith(x) and path.is_file()
                    for path in parts.parent.iterdir()
                ),
                process,
            )
        process.kill()
        assert process.wait(PATIENCE) == -signal.SIGKILL
        assert not (tmp_path / 'labels/big.tif').exists()
    subprocess.run(command, check=True, timeout=PATIENCE)
    assert read_files(tmp_path) == undisturbed
    record_property('kills survived', KILLS)


@pytest.mark.faults
@needs_mount
def test_a_full_disk_is_told_and_the_parts_are_whole(
    command, undisturbed, tmp_path, record_property
):
    script = ON_SMALL_DISK.format(
        disk=tmp_path / 'disk',
        size='300k',
        command=' '.join(command),
        kept=tmp_path / 'kept',
    )
    done = subprocess.run(
        ['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c', script],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 2, done.stderr
    assert 'Traceback' not in done.stderr
    (line,) = [x for x in done.stderr.splitlines() if x.startswith('error: ')]
    assert 'cannot be written' in line
    assert 'run the same command again' in line
    kept = tmp_path / 'kept'
    assert not (kept / 'labels/big.tif').exists()
    subprocess.run([*command, '--out', kept], check=True, timeout=PATIENCE)
    assert read_files(kept) == undisturbed
    record_property('faults injected', 1)


@pytest.mark.full
def test_memory_does_not_depend_on_the_raster(command, tmp_path):
    """Peaks of two processes; those of true sizes are in docs/rasters.md."""
    peaks = []
    for k, size in enumerate(((1024, 4096), (2048, 8192))):
        coarse = np.random.default_rng(0).integers(
            0, 256, (3, size[0] // 64, size[1] // 64), np.uint8
        )
        source = write_raster(
            tmp_path / f'{k}.tif',
            coarse.repeat(64, 1).repeat(64, 2),
            compress='deflate',
        )
        line = [
            *command[:2],
            str(source),
            *command[3:],
            '--out',
            str(tmp_path / str(k)),
        ]
        code = (
            'import resource, subprocess, sys\n'
            'subprocess.run(sys.argv[1:], check=True)\n'
            'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'
        )
        done = subprocess.run(
            [sys.executable, '-c', code, *line],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 2.5 * 2**20  # KiB
