"""A hook that puts the network into the form that suits the run."""

from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_hrvit.models import (
    convert,
    convert_for_training,
    restore,
    use_cuda_graphs,
)
from mmseg_hrvit.models.wrappers import bare


@HOOKS.register_module()
class FormHook(Hook):
    """Trains and tests the network in the form that suits the run.

    On a CPU, the network trains in the forms 'training_cpu' and 'memory', and on a GPU
    in its plain form. A test uses the form 'inference'. All forms compute the same
    function, with the same parameters and checkpoints (see ``mmseg_hrvit.convert``).

    Args:
        compile (bool): Compile the repeated parts, instead of 'training_cpu'. Images
            should have one size. Defaults to False.
        memory (bool, optional): Train in the form 'memory'. Defaults to None: on a
            CPU, where it costs no time, unless parts are compiled.
        inference (bool): Test in the form 'inference'. Defaults to True.
        cuda_graphs (bool): Replay the form 'inference' as CUDA graphs, one for each
            size of images. Defaults to False.
    """

    priority = 'VERY_LOW'  # after checkpoints are loaded and averages are copied

    def __init__(
        self,
        compile: bool = False,
        memory: bool | None = None,
        inference: bool = True,
        cuda_graphs: bool = False,
    ) -> None:
        self.compile = compile
        self.memory = memory
        self.inference = inference
        self.cuda_graphs = cuda_graphs

    def before_train(self, runner: Runner) -> None:
        """Applies the forms for training.

        Args:
            runner (Runner): The runner of the training.
        """
        convert_for_training(
            bare(runner.model), get_device(), self.compile, self.memory
        )

    def after_train(self, runner: Runner) -> None:
        """Removes the forms.

        Args:
            runner (Runner): The runner of the training.
        """
        restore(bare(runner.model))

    def before_test(self, runner: Runner) -> None:
        """Replaces the model by a copy, after the weights are loaded.

        Args:
            runner (Runner): The runner of the test.

        Raises:
            InputError: If CUDA graphs are wanted where there are none.
        """
        self._model = model = runner.model
        if self.inference:
            # Evaluation needs no parallel wrapper: no gradients are exchanged.
            inner = model.module if is_model_wrapper(model) else model
            runner.model = convert(inner, 'inference')
            if self.cuda_graphs:
                use_cuda_graphs(bare(runner.model))
        if self.compile:
            runner.model.compile(dynamic=False)

    def after_test(self, runner: Runner) -> None:
        """Puts the model back.

        Args:
            runner (Runner): The runner of the test.
        """
        runner.model = self._model
