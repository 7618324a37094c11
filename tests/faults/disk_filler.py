"""Imported by a run under test: fills its disk before an iteration."""

import os
from pathlib import Path

from mmengine.hooks import Hook
from mmengine.registry import HOOKS

BEFORE = 4  # the iteration
LEFT = 2**20  # bytes; logs need some, a checkpoint more


@HOOKS.register_module(force=True)
class FillHook(Hook):
    """Fills the disk of the work directory."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if batch_idx == BEFORE:
            disk = os.statvfs(runner.work_dir)
            filler = bytes(disk.f_bavail * disk.f_frsize - LEFT)
            Path(runner.work_dir, 'filler').write_bytes(filler)
