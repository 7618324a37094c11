"""A checkpoint hook whose last checkpoint is complete, however the run ends."""

from collections import deque
from pathlib import Path

from mmengine.dist import barrier, is_main_process
from mmengine.fileio import LocalBackend
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_hrvit.checkpoints.durable import DURABLE, DiskFull
from mmseg_hrvit.engine.disk_space import check_space, checkpoint_bytes, weights_bytes
from mmseg_hrvit.engine.older_runs import remove_halves, resumed_from, take_over
from mmseg_hrvit.engine.resume import LAST
from mmseg_hrvit.engine.train_loop import VALIDATED
from mmseg_hrvit.files import write_durably
from mmseg_hrvit.models.wrappers import bare

from .best_checkpoint import BestCheckpointHook
from .rank_state import gather_states
from .strict_checkpoint import is_training


@HOOKS.register_module()
class DurableCheckpointHook(BestCheckpointHook):
    """mmengine's ``CheckpointHook``, whose last checkpoint is always complete.

    It writes a checkpoint to a temporary file, flushes it to the disk and renames it.
    Only then does it delete an older one. A checkpoint contains the random states of
    all ranks, so that ``--resume`` continues bit for bit. After a validation the hook
    writes it again, with the result. A new run moves the checkpoints of an older run in
    its work directory into another folder.

    If ``backend_args`` or a URL like ``s3://`` point to storage other than a local
    disk, mmengine's backend writes the files, without these guarantees.

    Args:
        thin_when_full (bool): If the disk is full, delete older checkpoints and try
            again, but keep the last one and the best ones. With False, the run ends
            with one line. Defaults to False.
        **options: Options of ``CheckpointHook``.
    """

    def __init__(
        self, *args: object, thin_when_full: bool = False, **options: object
    ) -> None:
        super().__init__(*args, **options)
        if self.args:
            raise TypeError(
                f'{type(self).__name__} has no option {" or ".join(sorted(self.args))}'
            )
        self.thin_when_full = thin_when_full
        self.keep_ckpt_ids = deque()
        self._saved = None  # step and last validation in the last checkpoint
        self._is_local = True

    def before_train(self, runner: Runner) -> None:
        """Checks the free space, and takes over checkpoints of an earlier part.

        Args:
            runner (Runner): The runner of the training.

        Raises:
            InputError: If there is too little space, or if the run should resume and no
                file says from which checkpoint.
        """
        info = runner.message_hub.runtime_info
        # Not for mmengine's, which deletes some of them at once.
        ids = info.pop('keep_ckpt_ids', ())
        super().before_train(runner)
        backend = getattr(self.file_backend, 'client', self.file_backend)
        self._is_local = isinstance(backend, LocalBackend)
        self.last_ckpt = info.get('last_ckpt')
        if self._is_local:
            self.file_client_args, self.backend_args = None, dict(backend=DURABLE)
            self._find_own(runner, ids)
            barrier()  # another rank may still load what this moves
            if is_main_process():
                keep = {*self._kept(), *map(Path, self._best().values())}
                take_over(runner, self.out_dir, self.filename_tmpl, keep)
                remove_halves(self.out_dir, self.filename_tmpl)
                check_space(self.out_dir, self.needed_bytes(runner))
        else:
            self.keep_ckpt_ids = deque(ids)

    def _find_own(self, runner: Runner, ids: list[int]) -> None:
        """Finds checkpoints of an earlier part of the run, if they are in the folder.

        This run must not delete those elsewhere, such as in a folder of which this one
        is a copy.
        """
        source = resumed_from(runner)
        here = source and source.resolve().parent == Path(self.out_dir).resolve()
        self.keep_ckpt_ids = deque()
        for step in ids if here else ():
            self._remember(step)
        if here and source.name == self._path(runner.iter).name:
            # If the resumed run validates first, the result belongs in it.
            self._saved = runner.iter, runner.message_hub.runtime_info.get(VALIDATED)
        for key, path in self._best().items():
            own = Path(self.out_dir, Path(path).name)
            self._set_best(runner, key, str(own) if here and own.exists() else None)

    def needed_bytes(self, runner: Runner) -> int:
        """Returns the space for all kept checkpoints, and for one being written.

        Args:
            runner (Runner): The runner of the training.
        """
        if not self._is_local:
            return 0
        model = bare(runner.model)
        best = len(self.save_best or ()) * weights_bytes(model)
        there = sum(path.stat().st_size for path in self._kept())
        return (self._num_kept(runner) + 1) * checkpoint_bytes(model) + 2 * best - there

    def _num_kept(self, runner: Runner) -> int:
        if self.thin_when_full or self._path(0) == self._path(1):
            return 1
        if self.by_epoch:
            left = runner.max_epochs - runner.epoch
        else:
            left = runner.max_iters - runner.iter
        every = self.interval if self.interval > 0 else left
        num = len(self._kept()) + -(-left // max(every, 1))
        return min(num, self.max_keep_ckpts) if self.max_keep_ckpts > 0 else num

    def _path(self, step: int) -> Path:
        return Path(self.out_dir, self.filename_tmpl.format(step))

    def _kept(self) -> list[Path]:
        """The existing checkpoints to resume from, the oldest first."""
        return [path for path in map(self._path, self.keep_ckpt_ids) if path.is_file()]

    def _remember(self, step: int) -> None:
        """Counts a checkpoint as the newest one, and as the only one of its name."""
        name = self.filename_tmpl.format(step)
        others = [s for s in self.keep_ckpt_ids if self.filename_tmpl.format(s) != name]
        self.keep_ckpt_ids = deque([*others, step])

    def save_now(self, runner: Runner, step: int) -> None:
        """Saves at once, unless this step is saved already. All ranks have to call it.

        Args:
            runner (Runner): The runner of the training.
            step (int): How many iterations are done.
        """
        if self._saved is None or self._saved[0] != step:
            meta = dict(epoch=runner.epoch, iter=step)
            self._save_checkpoint_with_step(runner, step, meta)

    def after_val_epoch(self, runner: Runner, metrics: dict) -> None:
        """Saves the best checkpoint, and saves the last one again, with the result.

        Args:
            runner (Runner): The runner. Nothing is saved if it does not train.
            metrics (dict): What the validation found.
        """
        if not is_training(runner):
            return
        runner.message_hub.update_info(VALIDATED, runner.iter)
        super().after_val_epoch(runner, metrics)
        if not self.by_epoch and self._saved is not None:
            step, validated = self._saved
            if step == runner.iter != validated:
                meta = dict(epoch=runner.epoch, iter=step)
                self._save_checkpoint_with_step(runner, step, meta)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        gather_states(runner)
        self._remember(step)
        name, hub = self.filename_tmpl.format(step), runner.message_hub
        path = self.file_backend.join_path(self.out_dir, name)
        hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        hub.update_info('last_ckpt', path)
        self._write(
            runner,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
        )
        self.last_ckpt = path
        self._saved = step, hub.runtime_info.get(VALIDATED)
        if is_main_process():
            write_durably(path.encode(), Path(runner.work_dir, LAST))
        while 0 < self.max_keep_ckpts < len(self.keep_ckpt_ids):
            outdated = self.filename_tmpl.format(self.keep_ckpt_ids.popleft())
            self._remove(self.file_backend.join_path(self.out_dir, outdated))
        hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))

    def _write(self, runner: Runner, name: str, **options: object) -> None:
        """Makes the runner save; makes room on a full disk if ``thin_when_full``."""
        while True:
            try:
                super()._write(runner, name, **options)
            except DiskFull:
                if not (self.thin_when_full and self._make_room(runner)):
                    raise
            else:
                return

    def _make_room(self, runner: Runner) -> bool:
        """Deletes the oldest checkpoint, never the last; returns whether it could."""
        last = Path(self.last_ckpt or '').name
        older = [path for path in self._kept() if path.name != last]
        if not older:
            return False
        older[0].unlink()
        runner.logger.warning(f'the disk is full: {older[0]} is deleted')
        return True
