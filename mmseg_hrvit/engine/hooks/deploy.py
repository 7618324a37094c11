"""A hook that evaluates with the exact inference form."""

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_hrvit.models import deploy


@HOOKS.register_module()
class DeployHook(Hook):
    """Runs ``tools/test.py`` with the model that ``mmseg_hrvit.deploy`` makes.

    The model itself, and its checkpoints, stay as they are.
    """

    def before_test(self, runner: Runner) -> None:
        """Puts the folded copy in the model's place, after its weights are loaded.

        Args:
            runner (Runner): The runner of the test.
        """
        self._model = runner.model
        model = self._model.module if is_model_wrapper(runner.model) else self._model
        # Evaluation needs no wrapper: no gradients are exchanged.
        runner.model = deploy(model)

    def after_test(self, runner: Runner) -> None:
        """Puts the model back.

        Args:
            runner (Runner): The runner of the test.
        """
        runner.model = self._model
