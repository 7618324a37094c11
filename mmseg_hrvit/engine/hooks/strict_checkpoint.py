"""A hook that stops a run whose checkpoint does not fit its network."""

import hashlib
from collections.abc import Mapping, Sequence

import torch
from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import (
    BaseLoop,
    CheckpointLoader,
    Runner,
    find_latest_checkpoint,
)
from torch import nn

from mmseg_hrvit.checkpoints.matching import (
    differences,
    refuse,
    refuse_not_finite,
    refuse_other_order,
    seen_by_mmengine,
    unwrap,
    warn_of_other_des,
)
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import bare


@HOOKS.register_module()
class StrictCheckpointHook(Hook):
    """Stops a run whose checkpoint does not fit its network.

    mmengine loads checkpoints with ``strict=False``: with a wrong file it only warns,
    and then trains or evaluates random weights. With this hook, the file must have
    each weight of the network to resume, validate or test. To start a training from
    ``load_from``, or from a ``Pretrained`` initialisation of the whole network, it must
    have each weight of the backbone; the heads may be for other classes.
    """

    priority = 'HIGHEST'

    def __init__(self) -> None:
        self._handle = None
        self._start = None, 'no checkpoint'  # fingerprint and name of what was loaded

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
            found = seen_by_mmengine(checkpoint)
            check_backbone(runner, model, checkpoint, found, filename)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Checks a checkpoint when mmengine loads it into the network.

        Only then has the caller's ``revise_keys`` changed its keys.

        Args:
            runner (Runner): The runner of the run.
            checkpoint (dict): What was loaded.

        Raises:
            InputError: If it does not fit. The network is not changed then.
        """
        self._stop_checking()
        model = bare(runner.model)
        filename = runner._load_from or find_latest_checkpoint(runner.work_dir)
        self._start = fingerprint(checkpoint), str(filename)
        if runner._resume or not is_training(runner):
            refuse_other_order(filename, checkpoint, find_classes(runner))
        if runner._resume:
            check_resumable(checkpoint, filename)
            check_all(model, seen_by_mmengine(checkpoint), filename)
            return

        def check(module: nn.Module, state_dict: Mapping, *_: object) -> None:
            found = unwrap(state_dict, wrappers=())
            if is_training(runner):
                check_backbone(runner, model, checkpoint, found, filename)
            else:
                check_all(model, found, filename)

        self._handle = model.register_load_state_dict_pre_hook(check)

    def _stop_checking(self) -> None:
        if self._handle is not None:
            self._handle.remove()
            self._handle = None

    def before_train(self, runner: Runner) -> None:
        """Refuses ranks with different starts; logs if the weights are random.

        Args:
            runner (Runner): The runner of the training.

        Raises:
            InputError: If the ranks have loaded different checkpoints.
        """
        self._stop_checking()
        check_same_start(runner, self._start)
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
    runner: Runner,
    model: nn.Module,
    checkpoint: Mapping,
    found: Mapping,
    filename: str,
) -> None:
    """Refuses a checkpoint that lacks a part of the backbone.

    Args:
        runner (Runner): The runner, for its log.
        model (nn.Module): The network. All of it counts if it has no backbone.
        checkpoint (Mapping): What was loaded.
        found (Mapping): The weights in it, by the names that mmengine looks for.
        filename (str): Its name.

    Raises:
        InputError: If an entry is missing or has another shape.
    """
    everything = model.state_dict()
    backbone = {k: v for k, v in everything.items() if k.startswith('backbone.')}
    expected = backbone or everything
    refuse(filename, differences(expected, found), expected, found)
    heads = {k: everything[k] for k in everything.keys() - expected.keys()}
    # mmengine loads what fits of the heads, too.
    refuse_not_finite(filename, {k: found[k] for k in heads if k in found})
    warn_of_other_des(model, checkpoint, filename)
    left = differences(heads, found)
    if left:
        runner.logger.info(
            f'{len(left)} entries of the heads start from scratch: {filename} lacks '
            'them or has them in another shape'
        )


def check_all(model: nn.Module, found: Mapping, filename: str) -> None:
    """Raises InputError if weights do not fill a network.

    Args:
        model (nn.Module): The network.
        found (Mapping): Names -> tensors.
        filename (str): Where they are from.
    """
    expected = model.state_dict()
    refuse(filename, differences(expected, found), expected, found)


def check_same_start(runner: Runner, start: tuple[str | None, str]) -> None:
    """Refuses ranks that resume from different checkpoints; all ranks raise the error.

    They would mix gradients of different networks, and wait for each other forever.

    Args:
        runner (Runner): The runner of the training. Every rank has to call it.
        start (tuple[str | None, str]): Fingerprint of the checkpoint that this rank
            has loaded, and its name.

    Raises:
        InputError: If another rank has loaded another one, or none.
    """
    starts = all_gather_object((runner.epoch, runner.iter, *start))
    if len({others[:3] for others in starts}) > 1:
        places = ', '.join(
            f'rank {rank} at iteration {iteration} ({name})'
            for rank, (_, iteration, _, name) in enumerate(starts[:8])
        )
        raise InputError(
            f'the ranks start from different places: {places}; give a --work-dir, and '
            'checkpoints, that all machines share'
        )


def fingerprint(checkpoint: Mapping) -> str:
    """Returns the SHA-256 of a checkpoint's weights."""
    sha = hashlib.sha256()
    for name, tensor in seen_by_mmengine(checkpoint).items():
        sha.update(name.encode())
        sha.update(
            tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
        )
    return sha.hexdigest()


def check_resumable(checkpoint: Mapping, filename: str) -> None:
    """Raises InputError if a checkpoint has no training state."""
    meta = checkpoint.get('meta')
    has_progress = isinstance(meta, Mapping) and {'epoch', 'iter'} <= meta.keys()
    if not has_progress or 'message_hub' not in checkpoint:
        raise InputError(
            f'{filename} holds only weights, so a run cannot resume from it: start '
            'from them with load_from, and without resume'
        )


def is_training(runner: Runner) -> bool:
    """Whether the runner trains: only then has it built its loop by now."""
    return isinstance(runner._train_loop, BaseLoop)


def find_classes(runner: Runner) -> Sequence[str] | None:
    """Names of the classes of the data that the run uses, if it names them."""
    loops = runner._train_loop, runner._test_loop, runner._val_loop
    built = next((loop for loop in loops if isinstance(loop, BaseLoop)), None)
    if built is None:  # a network alone is loaded
        return None
    metainfo = getattr(built.dataloader.dataset, 'metainfo', None) or {}
    return metainfo.get('classes')


def initialised_from(module: nn.Module) -> str | None:
    """The checkpoint that mmengine initialises a module from, if there is one."""
    init_cfg = getattr(module, 'init_cfg', None) or []
    for cfg in [init_cfg] if isinstance(init_cfg, Mapping) else init_cfg:
        if cfg.get('type') == 'Pretrained':
            return cfg['checkpoint']
    return None
