"""mmengine's checkpoint hook, which never deletes the best checkpoint too early."""

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner

from mmseg_hrvit.errors import InputError


class BestCheckpointHook(CheckpointHook):
    """Saves the best network of each metric, and only then deletes the one before.

    mmengine's hook deletes first; if both have the same name, it deletes the new one.
    """

    def _write(self, runner: Runner, name: str, **options: object) -> None:
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            backend_args=self.backend_args,
            **options,
        )

    def _remove(self, path: str) -> bool:
        """Deletes a checkpoint, on rank 0; returns whether it existed."""
        if not is_main_process() or not self.file_backend.exists(path):
            return False
        if self.file_backend.isdir(path):  # of sharded networks
            self.file_backend.rmtree(path)
        else:
            self.file_backend.remove(path)
        return True

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        if not self.save_best:
            return
        if 'auto' in self.key_indicators:
            self._init_rule(self.rules, [next(iter(metrics))])
        step = runner.epoch if self.by_epoch else runner.iter
        pairs = zip(self.key_indicators, self.rules, strict=True)
        better = [k for k, rule in pairs if self._is_better(runner, k, rule, metrics)]
        for key in better:
            self._save_best(runner, key, metrics[key], step)
        if better and self.last_ckpt is not None:
            # A run that resumes from the last checkpoint has to know the best one.
            meta = dict(epoch=runner.epoch, iter=runner.iter)
            self._save_checkpoint_with_step(runner, step, meta)

    def _is_better(self, runner: Runner, key: str, rule: str, metrics: dict) -> bool:
        if key not in metrics:
            raise InputError(
                f'save_best={key!r}, but the validation has found '
                f'{", ".join(metrics)}: set default_hooks.checkpoint.save_best to one '
                'of them'
            )
        worst = self.init_value_map[rule]
        best = runner.message_hub.runtime_info.get(self._info('score', key), worst)
        score = metrics[key]
        return score is not None and self.is_better_than[key](score, best)

    def _save_best(self, runner: Runner, key: str, score: float, step: int) -> None:
        name = f'best_{key}_{self.filename_tmpl.format(step)}'.replace('/', '_')
        before = self._best().get(key)
        runner.message_hub.update_info(self._info('score', key), score)
        self._set_best(runner, key, self.file_backend.join_path(self.out_dir, name))
        self._write(
            runner,
            name,
            save_optimizer=False,
            save_param_scheduler=False,
            meta=dict(epoch=runner.epoch, iter=runner.iter),
            by_epoch=False,
        )
        unit = 'epoch' if self.by_epoch else 'iter'
        runner.logger.info(
            f'The best checkpoint with {score:0.4f} {key} at {step} {unit} is saved '
            f'to {name}.'
        )
        if before and before not in self._best().values() and self._remove(before):
            runner.logger.info(f'The previous best checkpoint {before} is removed')

    def _info(self, what: str, key: str) -> str:
        """mmengine's name for the best 'score' or 'ckpt' of a metric."""
        is_single = len(self.key_indicators) == 1
        return f'best_{what}' if is_single else f'best_{what}_{key}'

    def _best(self) -> dict[str, str]:
        """The best checkpoint of each metric that has one."""
        if not self.save_best:
            return {}
        if len(self.key_indicators) == 1:
            found = {self.key_indicators[0]: self.best_ckpt_path}
        else:
            found = self.best_ckpt_path_dict
        return {key: path for key, path in found.items() if path}

    def _set_best(self, runner: Runner, key: str, path: str | None) -> None:
        if len(self.key_indicators) == 1:
            self.best_ckpt_path = path
        else:
            self.best_ckpt_path_dict[key] = path
        if path is None:
            runner.message_hub.runtime_info.pop(self._info('ckpt', key), None)
        else:
            runner.message_hub.update_info(self._info('ckpt', key), path)
