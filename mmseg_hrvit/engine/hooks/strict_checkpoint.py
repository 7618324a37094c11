"""A hook that stops a run whose checkpoint does not fit its network."""

from collections.abc import Mapping

import torch.nn as nn
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import (
    BaseLoop,
    CheckpointLoader,
    Runner,
    find_latest_checkpoint,
)

from mmseg_hrvit.checkpoints.matching import (
    describe,
    differences,
    unwrap,
    warn_of_other_des,
)
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import bare


@HOOKS.register_module()
class StrictCheckpointHook(Hook):
    """Stops a run whose checkpoint does not fit its network.

    mmengine loads checkpoints with ``strict=False``: a wrong file trains or
    evaluates random weights after one warning. Resuming, validating and testing
    need every entry of the network in the file; training that starts from
    ``load_from``, or from a ``Pretrained`` initialisation of the whole network,
    needs the backbone's, since heads may be for other classes.
    """

    priority = 'HIGHEST'

    def before_run(self, runner: Runner) -> None:
        """Checks the checkpoint that the network is about to be initialised with.

        Args:
            runner (Runner): The runner of the run.

        Raises:
            InputError: If it does not fit.
        """
        model = bare(runner.model)
        filename = initialised_from(model)
        if filename and is_training(runner):
            checkpoint = CheckpointLoader.load_checkpoint(filename, 'cpu', 'current')
            check_backbone(runner, model, checkpoint, filename)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Checks a checkpoint before mmengine puts it into the network.

        Args:
            runner (Runner): The runner of the run.
            checkpoint (dict): What was loaded.

        Raises:
            InputError: If it does not fit.
        """
        model = bare(runner.model)
        filename = runner._load_from or find_latest_checkpoint(runner.work_dir)
        if is_training(runner) and not runner._resume:
            check_backbone(runner, model, checkpoint, filename)
            return
        if runner._resume:
            check_resumable(checkpoint, filename)
        expected, found = model.state_dict(), seen_by_mmengine(checkpoint)
        refuse(filename, differences(expected, found), expected, found)

    def before_train(self, runner: Runner) -> None:
        """Says so if training starts from random weights.

        Args:
            runner (Runner): The runner of the training.
        """
        started = runner._has_loaded or any(
            getattr(module, 'pretrained', None) or initialised_from(module)
            for module in bare(runner.model).modules()
        )
        if not started:
            runner.logger.info(
                'training starts from scratch: neither pretrained weights nor a '
                'checkpoint were given'
            )


def check_backbone(
    runner: Runner, model: nn.Module, checkpoint: Mapping, filename: str
) -> None:
    """Refuses a checkpoint that lacks a part of the backbone.

    Args:
        runner (Runner): The runner, for its log.
        model (nn.Module): The network. All of it counts if it has no backbone.
        checkpoint (Mapping): What was loaded.
        filename (str): Its name.

    Raises:
        InputError: If an entry is missing or mis-shaped.
    """
    found = seen_by_mmengine(checkpoint)
    everything = model.state_dict()
    backbone = {k: v for k, v in everything.items() if k.startswith('backbone.')}
    expected = backbone or everything
    refuse(filename, differences(expected, found), expected, found)
    warn_of_other_des(model, checkpoint, filename)
    left = differences({k: everything[k] for k in everything.keys() - expected}, found)
    if left:
        runner.logger.info(
            f'{len(left)} entries of the heads start from scratch: {filename} lacks '
            'them or has them in another shape'
        )


def check_resumable(checkpoint: Mapping, filename: str) -> None:
    """Raises InputError if a checkpoint has no state of a training in it."""
    meta = checkpoint.get('meta')
    has_progress = isinstance(meta, Mapping) and {'epoch', 'iter'} <= meta.keys()
    if not has_progress or 'message_hub' not in checkpoint:
        raise InputError(
            f'{filename} cannot be resumed from, it holds weights alone; start from '
            'them with load_from and no resume'
        )


def refuse(filename: str, wrong: list[str], expected: Mapping, found: Mapping) -> None:
    """Raises InputError if anything is wrong."""
    if wrong:
        raise InputError(
            f'{filename} does not fit the network: {describe(wrong, expected, found)}'
        )


def seen_by_mmengine(checkpoint: Mapping) -> dict:
    """Finds the weights where mmengine looks for them: ``state_dict`` or all."""
    return unwrap(checkpoint, wrappers=('state_dict',))


def is_training(runner: Runner) -> bool:
    """Whether the runner trains: only then has it built its loop by now."""
    return isinstance(runner._train_loop, BaseLoop)


def initialised_from(module: nn.Module) -> str | None:
    """The checkpoint that mmengine initialises a module from, if there is one."""
    init_cfg = getattr(module, 'init_cfg', None)
    if isinstance(init_cfg, Mapping) and init_cfg.get('type') == 'Pretrained':
        return init_cfg['checkpoint']
    return None
