"""A run's optimizers: one, or several in mmengine's ``OptimWrapperDict``."""

from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import Runner


def optim_wrappers(runner: Runner) -> list[OptimWrapper]:
    """Lists the wrappers of a run's optimizers.

    Args:
        runner (Runner): The runner of the training.
    """
    wrapper = runner.optim_wrapper
    return [*wrapper.values()] if isinstance(wrapper, OptimWrapperDict) else [wrapper]


def is_accumulating(runner: Runner) -> bool:
    """Whether gradients wait for a step that a later batch completes.

    Args:
        runner (Runner): The runner of the training.
    """
    return not all(wrapper.should_update() for wrapper in optim_wrappers(runner))
