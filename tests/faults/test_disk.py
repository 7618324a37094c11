"""A disk that gets full, on a small disk of its own."""

import subprocess
import sys

import pytest
from mmengine.config import Config

from faults.runs import environment, finish, write_config
from mmseg_hrvit.analysis.killed_run import digest
from mmseg_hrvit.checkpoints import load_from_local
from mmseg_hrvit.engine.stop_reason import read_stop_reason
from paths import TOOLS

# A file system in memory, that only the run sees; the work directory survives it.
ON_SMALL_DISK = """
mkdir -p {disk} && mount -t tmpfs -o size={size} tmpfs {disk}
{python} {train} {config} --work-dir {disk}/work
status=$?
rm -f {disk}/work/filler
cp -r {disk}/work {kept}
exit $status
"""


def can_mount():
    command = 'unshare --user --map-root-user --mount mount -t tmpfs tmpfs /mnt'
    try:
        return subprocess.run(command.split(), capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


needs_mount = pytest.mark.skipif(not can_mount(), reason='no mount without root here')


def write_filling_config(folder, **options):
    return write_config(
        folder,
        max_iters=8,
        validates=False,
        **{
            'custom_imports.imports': ['mmseg_hrvit', 'slow_writer', 'disk_filler'],
            'default_hooks.checkpoint.max_keep_ckpts': 3,
            **options,
        },
    )


def add_filler(config):
    cfg = Config.fromfile(config, import_custom_modules=False)
    cfg.custom_hooks.append(dict(type='FillHook'))
    cfg.dump(config)


def train_on_small_disk(config, folder, size):
    script = ON_SMALL_DISK.format(
        disk=folder / 'disk',
        size=size,
        python=sys.executable,
        train=TOOLS / 'train.py',
        config=config,
        kept=folder / 'kept',
    )
    command = ['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c', script]
    return subprocess.run(
        command, env=environment(folder), capture_output=True, text=True
    )


@needs_mount
def test_too_small_a_disk_is_told_at_the_start(tmp_path, record_property):
    config = write_filling_config(tmp_path)
    done = train_on_small_disk(config, tmp_path, '4m')
    assert done.returncode == 2, done.stderr
    assert 'GiB free' in done.stderr.splitlines()[-1]
    assert not list((tmp_path / 'kept').glob('*.pth'))
    record_property('faults injected', 1)


@pytest.mark.faults
@needs_mount
def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path, record_property):
    config = write_filling_config(tmp_path)
    add_filler(config)
    done = train_on_small_disk(config, tmp_path, '60m')
    assert done.returncode == 2, done.stderr
    assert 'iter_6.pth' in done.stderr.splitlines()[-1]
    assert 'No space left' in done.stderr.splitlines()[-1]
    kept = tmp_path / 'kept'
    assert read_stop_reason(kept) == 'config'
    names = sorted(path.name for path in kept.glob('*.pth*'))
    assert names == ['iter_2.pth', 'iter_4.pth']
    for name in names:
        load_from_local(kept / name)
    record_property('faults injected', 1)


@pytest.mark.faults
@needs_mount
def test_older_checkpoints_make_room(tmp_path, record_property):
    config = write_filling_config(
        tmp_path, **{'default_hooks.checkpoint.thin_when_full': True}
    )
    finish(config, tmp_path / 'untouched')
    add_filler(config)
    done = train_on_small_disk(config, tmp_path, '60m')
    assert done.returncode == 0, done.stderr
    assert 'iter_2.pth is deleted' in done.stdout + done.stderr
    kept = tmp_path / 'kept'
    (kept / 'last_checkpoint').write_text(str(kept / 'iter_8.pth'))
    assert digest(kept) == digest(tmp_path / 'untouched')
    record_property('faults injected', 1)
