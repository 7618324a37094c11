"""A hook that compiles the network."""

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import compile_regions


@HOOKS.register_module()
class CompileHook(Hook):
    """Trains or evaluates with the repeated parts of HRViT compiled.

    Images should have one size: a further one is compiled anew, and after eight torch
    runs the region as it is.
    """

    priority = 'VERY_LOW'  # after DeployHook has put the folded copy in place

    def before_train(self, runner: Runner) -> None:
        """Compiles before the first step.

        Args:
            runner (Runner): The runner of the training.

        Raises:
            InputError: If the network has no part that can be compiled.
        """
        self._compile(runner)

    def before_test(self, runner: Runner) -> None:
        """Compiles before the first image.

        Args:
            runner (Runner): The runner of the test.

        Raises:
            InputError: If the network has no part that can be compiled.
        """
        self._compile(runner)

    def _compile(self, runner: Runner) -> None:
        if not compile_regions(runner.model):
            raise InputError(
                'CompileHook: there is no HRViT in this model: take the hook out of '
                'custom_hooks'
            )
