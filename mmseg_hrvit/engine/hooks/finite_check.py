"""A hook that skips steps whose loss or gradients are not finite."""

from collections import defaultdict
from pathlib import Path

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor, nn

from mmseg_hrvit.engine.finite_step import FiniteStep
from mmseg_hrvit.engine.optim_wrappers import optim_wrappers
from mmseg_hrvit.engine.saved_batch import save_batch
from mmseg_hrvit.errors import NumericError
from mmseg_hrvit.models.wrappers import bare


@HOOKS.register_module()
class FiniteCheckHook(Hook):
    """Skips and counts steps whose loss or gradients are NaN or infinite.

    Such a step changes neither weights nor optimizer, and the hook restores the
    buffers, such as the running means of BatchNorm. After several such steps in a row
    the run stops, and each rank saves its last batch in the work directory. The log has
    the number of skipped steps, if there are any, and the loss scale of mixed
    precision.

    All ranks skip the same steps: the hook multiplies a non-finite loss by NaN, so that
    the gradients are not finite on any rank after they are averaged.

    The hook makes no rank wait for its GPU (see ``FiniteStep``), unless the optimizer
    is not fused: then there is one wait in each step.
    ``NormDecayOptimWrapperConstructor`` makes Adam and AdamW fused. With several
    optimizers, each skips its own step, and the hook restores the buffers if any of
    them does.

    Args:
        max_in_row (int): Number of such steps in a row that stops the run. Mixed
            precision finds a new scale in 16 steps or less. Defaults to 20.
        interval (int): Iterations between two logged scales. Defaults to 50.
    """

    # Behind the hook that waits for the losses, before the one that logs.
    priority = 'NORMAL'

    def __init__(self, max_in_row: int = 20, interval: int = 50) -> None:
        self.max_in_row = max_in_row
        self.interval = interval
        self.in_row = 0

    def before_train(self, runner: Runner) -> None:
        """Checks losses and gradients from now on.

        Args:
            runner (Runner): The runner of the training.
        """
        model = bare(runner.model)
        self.buffers = list(model.buffers())
        self.kept = [buffer.clone() for buffer in self.buffers]
        self.steps = [FiniteStep(wrapper) for wrapper in optim_wrappers(runner)]
        self.handle = model.register_forward_hook(spread_failure)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: DATA_BATCH = None,
        outputs: dict | None = None,
    ) -> None:
        """Counts a skipped step, and stops the run at too many in a row.

        Args:
            runner (Runner): The runner of the training.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): The batch. Defaults to None.
            outputs (dict, optional): The losses. Defaults to None.

        Raises:
            NumericError: After ``max_in_row`` skipped steps in a row.
        """
        self._log_scale(runner)
        failed = [step.has_failed() for step in self.steps]
        if all(answer is None for answer in failed):
            return  # gradients are being accumulated
        if not any(failed):
            self.in_row = 0
            copy_all(self.buffers, self.kept)
            return
        copy_all(self.kept, self.buffers)
        self.in_row += 1
        self._count(runner)
        if self.in_row >= self.max_in_row:
            self._stop(runner, data_batch)

    def after_train(self, runner: Runner) -> None:
        """Stops the checks.

        Args:
            runner (Runner): The runner of the training.
        """
        for part in (self.handle, *self.steps):
            part.remove()

    def _log_scale(self, runner: Runner) -> None:
        if not self.every_n_train_iters(runner, self.interval):
            return
        scalers = [getattr(w, 'loss_scaler', None) for w in optim_wrappers(runner)]
        scales = [scaler.get_scale() for scaler in scalers if scaler is not None]
        if scales:
            runner.message_hub.update_scalar('train/amp_scale', min(scales))

    def _count(self, runner: Runner) -> None:
        hub = runner.message_hub
        total = hub.get_info('skipped_steps', 0) + 1
        hub.update_info('skipped_steps', total)  # kept in checkpoints
        hub.update_scalar('train/skipped_steps', total)
        runner.logger.warning(
            f'iteration {runner.iter + 1}: loss or gradients are not finite, so the '
            f'step is skipped ({self.in_row} in a row, {total} in all)'
        )

    def _stop(self, runner: Runner, data_batch: DATA_BATCH) -> None:
        name = f'not_finite_iter_{runner.iter + 1}_rank_{get_rank()}.safetensors'
        path = Path(runner.work_dir, name)
        try:
            save_batch(data_batch, path)
            place = f'is in {path}'
        except OSError as error:
            place = f'cannot be written ({error})'
        raise NumericError(
            f'loss or gradients were not finite in {self.in_row} steps in a row, up to '
            f'iteration {runner.iter + 1}: the last batch {place}; lower the learning '
            'rate, or resume from the last checkpoint without --amp'
        )


def copy_all(sources: list[Tensor], targets: list[Tensor]) -> None:
    """Copies tensors; many tensors take only few kernels."""
    by_dtype = defaultdict(list)  # one kernel takes one type
    for target, source in zip(targets, sources, strict=True):
        by_dtype[source.dtype].append((target, source))
    for pairs in by_dtype.values():
        torch._foreach_copy_(*zip(*pairs, strict=True))


def spread_failure(module: nn.Module, args: tuple, output: object) -> object:
    """Makes the gradients of a loss not finite if the loss is not.

    Args:
        module (nn.Module): The network.
        args (tuple): Its input.
        output (object): Its losses by name while it trains; else it stays as it is.

    Returns:
        object: The same, with the losses multiplied by 1, or by NaN.
    """
    if not (module.training and isinstance(output, dict)):
        return output
    return {
        name: multiply_by_failure(value) if 'loss' in name else value
        for name, value in output.items()
    }


def multiply_by_failure(loss: Tensor | list[Tensor]) -> Tensor | list[Tensor]:
    """Multiplies a loss, or each of a list, by NaN if it is not finite, else by 1."""
    if not isinstance(loss, Tensor):
        return [multiply_by_failure(part) for part in loss]
    return loss * torch.where(loss.isfinite().all(), 1.0, torch.nan)
