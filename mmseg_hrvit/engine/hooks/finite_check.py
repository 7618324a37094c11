"""A hook that skips steps whose loss or gradients are not finite."""

from pathlib import Path

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.optim import Optimizer

from mmseg_hrvit.engine.saved_batch import save_batch
from mmseg_hrvit.errors import NumericError
from mmseg_hrvit.models.wrappers import bare


@HOOKS.register_module()
class FiniteCheckHook(Hook):
    """Skips and counts steps whose loss or gradients are not finite.

    Such a step changes neither weights nor optimizer, and the buffers, BatchNorm's
    running means among them, go back to what they were. After some in a row the run
    stops, and every rank leaves its last batch in the work directory. The log has the
    number of skipped steps, if there are any, and the scale of mixed precision.

    All ranks decide alike. A loss that is not finite is multiplied by NaN, so that
    the gradients, which the ranks average, are not finite on any of them.

    No rank waits for its GPU here: a fused optimizer is told on the GPU to leave the
    weights, and the answer is copied to the CPU behind it, to be read where mmengine
    has waited for the losses. An optimizer that is not fused must wait once a step;
    ``NormDecayOptimWrapperConstructor`` makes Adam and AdamW fused ones.

    Args:
        max_in_row (int): The run stops at so many in a row. A new scale for mixed
            precision is found in 16 steps or less. Defaults to 20.
        interval (int): The scale is logged every so many iterations. Defaults to 50.
    """

    # Behind the hook that waits for the losses, before the one that logs.
    priority = 'NORMAL'

    def __init__(self, max_in_row: int = 20, interval: int = 50) -> None:
        self.max_in_row = max_in_row
        self.interval = interval
        self.in_row = 0

    def before_train(self, runner: Runner) -> None:
        """Looks at losses and gradients from now on.

        Args:
            runner (Runner): The runner of the training.
        """
        model = bare(runner.model)
        self.buffers = list(model.buffers())
        self.kept = [buffer.clone() for buffer in self.buffers]
        # Pinned: copying to it need not be waited for.
        self.failed = torch.ones((), pin_memory=torch.cuda.is_available())
        self.handles = [
            model.register_forward_hook(spread_failure),
            runner.optim_wrapper.optimizer.register_step_pre_hook(self._before_step),
        ]

    def _before_step(self, optimizer: Optimizer, args: tuple, kwargs: dict) -> None:
        """Makes the optimizer's step do nothing if a gradient is not finite."""
        params = (p for group in optimizer.param_groups for p in group['params'])
        grads = [param.grad for param in params if param.grad is not None]
        failed = any_not_finite(grads)
        self.failed.copy_(failed, non_blocking=True)
        if getattr(optimizer, '_step_supports_amp_scaling', False):
            optimizer.found_inf = failed  # as torch's GradScaler tells fused ones
        elif failed:
            optimizer.zero_grad(set_to_none=True)

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
            NumericError: At the last one in a row that may be skipped.
        """
        self._log_scale(runner)
        if not runner.optim_wrapper.should_update():
            return  # gradients are being accumulated
        failed = bool(self.failed)
        # A GradScaler does not call the optimizer if it has found what is not finite.
        self.failed.fill_(1)
        if not failed:
            self.in_row = 0
            torch._foreach_copy_(self.kept, self.buffers)
            return
        torch._foreach_copy_(self.buffers, self.kept)
        self.in_row += 1
        self._count(runner)
        if self.in_row >= self.max_in_row:
            self._stop(runner, data_batch)

    def after_train(self, runner: Runner) -> None:
        """Looks no longer.

        Args:
            runner (Runner): The runner of the training.
        """
        for handle in self.handles:
            handle.remove()

    def _log_scale(self, runner: Runner) -> None:
        scaler = getattr(runner.optim_wrapper, 'loss_scaler', None)
        if scaler is not None and self.every_n_train_iters(runner, self.interval):
            runner.message_hub.update_scalar('train/amp_scale', scaler.get_scale())

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
        save_batch(data_batch, path)
        raise NumericError(
            f'loss or gradients were not finite in {self.in_row} steps in a row, up to '
            f'iteration {runner.iter + 1}: the last batch is in {path}; lower the '
            'learning rate, or resume from the last checkpoint without --amp'
        )


def any_not_finite(grads: list[Tensor]) -> Tensor:
    """Tells on their device whether gradients are not finite.

    Args:
        grads (list[Tensor]): The gradients.

    Returns:
        Tensor: 1.0 if any is not, otherwise 0.0; no dimensions.
    """
    return (~nn.utils.get_total_norm(grads).isfinite()).float()


def spread_failure(module: nn.Module, args: tuple, output: object) -> object:
    """Makes the gradients of a loss not finite where the loss is not.

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
