"""mmengine's runner, with every sample checked."""

import os

import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from mmengine.visualization import Visualizer
from torch import nn
from torch.utils.data import DataLoader

from mmseg_hrvit.datasets.checked_pipeline import check_samples
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import ignored_label, named_heads

from .console import shorten_console

# torch refuses them with num_workers=0, the way to debug a data set.
OF_WORKERS = ('persistent_workers', 'prefetch_factor', 'timeout')

WRAPPER = 'MMDistributedDataParallel'


@RUNNERS.register_module()
class CheckedRunner(Runner):
    """mmengine's runner, whose data sets name, count and skip unusable samples.

    The config's ``max_unusable_share`` (float) is the share of each training set that
    the run may skip. Without it, and in evaluation, the first unusable sample ends the
    run. ``ignore_index`` of the heads sets the label to ignore; in evaluation that of
    the metrics does so too, and for networks without heads that of the data set.
    """

    def set_randomness(
        self,
        seed: int | None,
        diff_rank_seed: bool = False,
        deterministic: bool = False,
    ) -> None:
        """Sets the seed; with ``deterministic``, makes cuBLAS deterministic, too.

        cuBLAS reads the variable when it is first used, later than here.

        Args:
            seed (int, optional): The seed; None: one is drawn.
            diff_rank_seed (bool): Whether every rank has its own seed. Defaults
                to False.
            deterministic (bool): Whether operators must give the same result bit for
                bit. Defaults to False.
        """
        if deterministic:
            os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
        super().set_randomness(seed, diff_rank_seed, deterministic)

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        """Wraps the model, if there are several processes.

        After its first step, torch's DistributedDataParallel sorts the gradients into
        other buckets. Over three or more processes, their sums are then rounded in
        another order, so the first step after a resume would not be exact. With
        ``deterministic``, the buckets stay: they do if it looks for unused parameters.

        Args:
            model_wrapper_cfg (dict, optional): Config of the wrapper; None: mmengine's.
            model (nn.Module): The model.

        Returns:
            nn.Module: The model, or the wrapper around it.
        """
        options = self.cfg if model_wrapper_cfg is None else model_wrapper_cfg
        is_mmengines = options.get('type', WRAPPER) == WRAPPER
        if is_mmengines and torch.are_deterministic_algorithms_enabled():
            options['find_unused_parameters'] = True
        return super().wrap_model(model_wrapper_cfg, model)

    def build_logger(
        self, log_level: int | str = 'INFO', log_file: str | None = None, **kwargs
    ) -> MMLogger:
        """Builds mmengine's logger, which shortens long messages on the screen.

        Args:
            log_level (int | str): Level of its handlers. Defaults to 'INFO'.
            log_file (str, optional): The log file. Defaults to None: a file in the work
                directory, named by the time of the start.
            **kwargs: Arguments of mmengine's logger.

        Returns:
            MMLogger: The logger.
        """
        logger = super().build_logger(log_level, log_file, **kwargs)
        shorten_console(logger)
        return logger

    def build_visualizer(
        self, visualizer: Visualizer | dict | None = None
    ) -> Visualizer:
        """Builds the visualizer of this run.

        mmengine keeps one visualizer of each name per process, so a second run would
        write into the folder of the first one.

        Args:
            visualizer (Visualizer | dict, optional): The visualizer, or its config with
                the name that mmseg's tools use. Defaults to None: mmengine's.

        Returns:
            Visualizer: The visualizer.
        """
        if isinstance(visualizer, dict) and 'name' in visualizer:
            name = f'{visualizer["name"]} of {self._experiment_name}'
            visualizer = {**visualizer, 'name': name}
        return super().build_visualizer(visualizer)

    def build_dataloader(
        self,
        dataloader: DataLoader | dict,
        seed: int | None = None,
        diff_rank_seed: bool = False,
    ) -> DataLoader:
        """Builds a data loader whose samples are checked (see ``CheckedPipeline``).

        Args:
            dataloader (DataLoader | dict): Its config, or the loader itself.
            seed (int, optional): Seed of the sampler. Defaults to None.
            diff_rank_seed (bool): Whether every rank has its own seed. Defaults
                to False.

        Returns:
            DataLoader: The data loader.

        Raises:
            InputError: If ``max_unusable_share`` is not from 0 to below 1.
        """
        max_share = self.cfg.get('max_unusable_share', 0.0)
        if not 0 <= max_share < 1:
            raise InputError(f'max_unusable_share={max_share}: give 0 or more, below 1')
        evaluator = self._evaluator_of(dataloader)
        loader = super().build_dataloader(
            without_worker_options(dataloader), seed, diff_rank_seed
        )
        heads = [head for _, head in named_heads(self.model)]
        parts = [*heads, *metrics(evaluator)] if heads else []
        # Before the workers start: they have copies of the data set.
        check_samples(
            loader.dataset,
            # The mIoU must count every image.
            max_share if evaluator is None else 0.0,
            {ignored_label(part) for part in parts},
        )
        return loader

    def _evaluator_of(
        self, dataloader: DataLoader | dict
    ) -> Evaluator | dict | list | None:
        """Finds the evaluator of an evaluation's data; None for a training's."""
        if dataloader is self._val_dataloader:
            return self._val_evaluator
        if dataloader is self._test_dataloader:
            return self._test_evaluator
        return None


def without_worker_options(dataloader: DataLoader | dict) -> DataLoader | dict:
    """Removes options for workers from the config of a data loader without workers."""
    if not isinstance(dataloader, dict) or dataloader.get('num_workers'):
        return dataloader
    return {k: v for k, v in dataloader.items() if k not in OF_WORKERS}


def metrics(evaluator: Evaluator | dict | list | None) -> list:
    """Lists the metrics of an evaluator, or their configs."""
    if evaluator is None:
        return []
    if isinstance(evaluator, Evaluator):
        return evaluator.metrics
    return evaluator if isinstance(evaluator, list | tuple) else [evaluator]


def build_runner(cfg: Config) -> Runner:
    """Builds mmengine's runner, or the config's own ``runner_type``."""
    return RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
