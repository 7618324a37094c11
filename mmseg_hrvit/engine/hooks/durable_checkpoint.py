"""A checkpoint hook whose last checkpoint survives whatever ends the run."""

from collections import deque
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_hrvit.checkpoints.durable import (
    ROOM_MAKERS,
    LateDeletion,
    write_durably,
)
from mmseg_hrvit.engine.disk_space import check_space, checkpoint_bytes, weights_bytes
from mmseg_hrvit.engine.resume import LAST, start_afresh
from mmseg_hrvit.engine.train_loop import VALIDATED
from mmseg_hrvit.models.wrappers import bare

from .rank_state import gather_states


@HOOKS.register_module()
class DurableCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook``, which deletes nothing before the new one is whole.

    A checkpoint is written aside, flushed to the disk and renamed; then an older one
    goes. It holds the random states of all ranks, so that ``--resume`` goes on bit
    for bit. After a validation it is written again, since then it holds the result.
    Checkpoints are files of this machine, or of a disk that is mounted on it.

    Args:
        thin_when_full (bool): Where the disk is full, delete older checkpoints and
            try again; the last one and the best ones stay. Otherwise the run ends
            with one line. Defaults to False.
        **options: Those of ``CheckpointHook``, but ``file_client_args`` and
            ``backend_args``.
    """

    def __init__(
        self, *args: object, thin_when_full: bool = False, **options: object
    ) -> None:
        super().__init__(*args, **options)
        if self.args or self.file_client_args or self.backend_args:
            unknown = sorted(self.args) or ['file_client_args', 'backend_args']
            raise TypeError(
                f'{type(self).__name__} has no option {" or ".join(unknown)}'
            )
        self.thin_when_full = thin_when_full
        self.backend_args = dict(backend='mmseg_hrvit.durable')
        self._saved = None  # step and last validation in the last checkpoint
        self._logger = None

    def before_train(self, runner: Runner) -> None:
        """Checks the room on the disk, and takes over what an earlier part kept.

        Args:
            runner (Runner): The runner of the training.

        Raises:
            InputError: If there is too little room.
        """
        super().before_train(runner)
        self.file_backend = LateDeletion()
        if self.thin_when_full:
            ROOM_MAKERS[Path(self.out_dir)] = self._make_room
        info = runner.message_hub.runtime_info
        # mmengine's would drop the oldest before the newest is there.
        self.keep_ckpt_ids = deque(info.get('keep_ckpt_ids', ()))
        self.last_ckpt = info.get('last_ckpt')
        self._logger = runner.logger
        if is_main_process():
            check_space(self.out_dir, self.needed_bytes(runner))
            if runner.iter == 0:
                start_afresh(runner)

    def needed_bytes(self, runner: Runner) -> int:
        """Returns the room for all that is kept at once, and one being written.

        Args:
            runner (Runner): The runner of the training.
        """
        model = bare(runner.model)
        best = len(self.save_best or ()) * weights_bytes(model)
        there = sum(path.stat().st_size for path in self._kept())
        return (self._num_kept(runner) + 1) * checkpoint_bytes(model) + 2 * best - there

    def _num_kept(self, runner: Runner) -> int:
        if self.thin_when_full:
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
        """The checkpoints to go on from that are there, the oldest first."""
        return [path for path in map(self._path, self.keep_ckpt_ids) if path.is_file()]

    def save_now(self, runner: Runner, step: int) -> None:
        """Saves out of turn, unless this has been saved. All ranks have to call it.

        A training by epochs is not saved between two of them: it starts the epoch
        anew when it goes on.

        Args:
            runner (Runner): The runner of the training.
            step (int): How many iterations are done.
        """
        if not self.by_epoch and (self._saved is None or self._saved[0] != step):
            meta = dict(epoch=runner.epoch, iter=step)
            self._save_checkpoint_with_step(runner, step, meta)

    def after_val_epoch(self, runner: Runner, metrics: dict) -> None:
        """Saves the best checkpoint, and the last one again, with the validation.

        Args:
            runner (Runner): The runner of the training.
            metrics (dict): What the validation found.
        """
        runner.message_hub.update_info(VALIDATED, runner.iter)
        super().after_val_epoch(runner, metrics)
        if not self.by_epoch and self._saved is not None:
            step, validated = self._saved
            if step == runner.iter != validated:
                meta = dict(epoch=runner.epoch, iter=step)
                self._save_checkpoint_with_step(runner, step, meta)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        gather_states(runner)
        if step not in self.keep_ckpt_ids:
            self.keep_ckpt_ids.append(step)
        path = self._path(step)
        hub = runner.message_hub
        hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        hub.update_info('last_ckpt', str(path))
        runner.save_checkpoint(
            self.out_dir,
            path.name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
        )
        self.last_ckpt = str(path)
        self._saved = step, hub.runtime_info.get(VALIDATED)
        if is_main_process():
            write_durably(self.last_ckpt.encode(), Path(runner.work_dir, LAST))
        while 0 < self.max_keep_ckpts < len(self.keep_ckpt_ids):
            outdated = self._path(self.keep_ckpt_ids.popleft())
            if is_main_process():
                outdated.unlink(missing_ok=True)
        hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        super()._save_best_checkpoint(runner, metrics)
        self.file_backend.delete_now()

    def _make_room(self) -> bool:
        """Deletes the oldest checkpoint but the last one; returns whether it could."""
        last = Path(self.last_ckpt or '').name
        older = [path for path in self._kept() if path.name != last]
        if not older:
            return False
        older[0].unlink()
        self._logger.warning(f'the disk is full: {older[0]} is deleted')
        return True
