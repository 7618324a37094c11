"""An optimizer whose steps do nothing if the gradients are not finite."""

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn
from torch.optim import Optimizer


class FiniteStep:
    """Skips the steps of an optimizer whose gradients are not finite.

    Their device checks them, and a fused optimizer obeys the result there. The result
    is then copied to the CPU. So nothing waits for a GPU before ``has_failed`` is
    called.

    Args:
        wrapper (OptimWrapper): The optimizer's wrapper.
    """

    def __init__(self, wrapper: OptimWrapper) -> None:
        self.wrapper = wrapper
        on_cuda = any(param.is_cuda for param in trained(wrapper.optimizer))
        # Pinned, so that the CPU need not wait for a copy. It waits for other devices.
        self.failed = torch.zeros((), pin_memory=on_cuda)
        self.copied = torch.cuda.Event() if on_cuda else None
        self.is_stepped = False
        self.num_backwards = wrapper._inner_count
        self.handle = wrapper.optimizer.register_step_pre_hook(self._before_step)

    def _before_step(self, optimizer: Optimizer, args: tuple, kwargs: dict) -> None:
        grads = [p.grad for p in trained(optimizer) if p.grad is not None]
        failed = any_not_finite(grads)
        self.failed.copy_(failed, non_blocking=self.copied is not None)
        if self.copied is not None:
            self.copied.record()
        self.is_stepped = True
        if getattr(optimizer, '_step_supports_amp_scaling', False):
            optimizer.found_inf = failed  # as torch's GradScaler does for fused ones
        elif failed:
            optimizer.zero_grad(set_to_none=True)

    def has_failed(self) -> bool | None:
        """Whether the step since the last call failed; None if there was no step."""
        is_used = self.wrapper._inner_count != self.num_backwards
        self.num_backwards = self.wrapper._inner_count
        if self.is_stepped:
            self.is_stepped = False
            if self.copied is not None:
                self.copied.synchronize()
            return bool(self.failed)
        # A GradScaler does not call the optimizer if it has found what is not finite.
        return True if is_used and self.wrapper.should_update() else None

    def remove(self) -> None:
        """Removes the check from the optimizer."""
        self.handle.remove()
        if hasattr(self.wrapper.optimizer, 'found_inf'):
            del self.wrapper.optimizer.found_inf


def trained(optimizer: Optimizer) -> list[Tensor]:
    """The parameters of an optimizer."""
    return [p for group in optimizer.param_groups for p in group['params']]


def any_not_finite(grads: list[Tensor]) -> Tensor:
    """Checks on their device whether gradients are not finite.

    Args:
        grads (list[Tensor]): The gradients.

    Returns:
        Tensor: A scalar: 1.0 if any is not finite, otherwise 0.0.
    """
    # The largest value, since the squares of a 2-norm overflow long before it does.
    largest = nn.utils.get_total_norm([g for g in grads if g.numel()], torch.inf)
    return (~largest.isfinite()).float()
