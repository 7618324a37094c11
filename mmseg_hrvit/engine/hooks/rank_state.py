"""A hook that restores the random states of every process of a resumed run."""

import logging

from mmengine.dist import get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_hrvit.engine.rank_state import (
    gather_rank_states,
    get_random_state,
    set_local_buffers,
    set_random_state,
)
from mmseg_hrvit.models.wrappers import bare

RANK_STATES = 'rank_states'  # in the message hub, hence in every checkpoint


@HOOKS.register_module()
class RankStateHook(Hook):
    """Makes a resumed run draw the same random numbers as an uninterrupted run.

    ``DurableCheckpointHook`` collects the states of all ranks before it saves. This
    hook also undoes what a validation changes in them: its data loader draws a number
    when it starts its workers, and a resumed run starts them at other times.
    """

    def __init__(self) -> None:
        self._resumed = None
        self._before_val = None

    def before_train(self, runner: Runner) -> None:
        """Reads the state of this rank from the checkpoint, if there is one.

        Args:
            runner (Runner): The runner of the training.
        """
        states = runner.message_hub.runtime_info.get(RANK_STATES)
        if runner.iter == 0 or not states:
            return
        if len(states) == get_world_size():
            state = states[get_rank()]
            set_local_buffers(bare(runner.model), state['buffers'])
            self._resumed = state['random']
        else:
            runner.logger.log(
                logging.WARNING,
                f'the checkpoint is from {len(states)} processes, but this run has '
                f'{get_world_size()}: the run resumes, but not bit for bit',
            )

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Sets the states once, directly before training draws from them.

        Args:
            runner (Runner): The runner of the training.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): The batch.
        """
        if self._resumed is not None:
            set_random_state(self._resumed)
            self._resumed = None

    def before_val_epoch(self, runner: Runner) -> None:
        """Remembers the random states, and sets them for a missed validation.

        Args:
            runner (Runner): The runner of the training.
        """
        if self._resumed is not None:
            set_random_state(self._resumed)
        self._before_val = get_random_state()

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: list | None = None,
    ) -> None:
        """Restores the states that a validation changed, before a checkpoint.

        Args:
            runner (Runner): The runner of the training.
            batch_idx (int): Number of the batch.
            data_batch (dict, optional): The batch.
            outputs (list, optional): The predictions.
        """
        set_random_state(self._before_val)


def gather_states(runner: Runner) -> None:
    """Collects the states of all ranks for the checkpoint.

    Args:
        runner (Runner): The runner of the training. Every rank has to call it.
    """
    states = gather_rank_states(bare(runner.model))
    runner.message_hub.update_info(RANK_STATES, states)
