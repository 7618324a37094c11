"""A training loop that resumes exactly where a stopped run was."""

from mmengine.dist import get_rank
from mmengine.registry import LOOPS
from mmengine.runner import IterBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from mmseg_hrvit.datasets.sample_stream import StreamDataset

# In the message hub, hence in every checkpoint. mmengine prints keys that begin with
# 'val' in the line of a validation, with the value of the one before.
VALIDATED = 'iter_validated'


@LOOPS.register_module()
class ResumableTrainLoop(IterBasedTrainLoop):
    """mmengine's loop over iterations, resumed sample by sample.

    mmengine's loop reads all past samples again, or lets the sampler skip them, and
    then augments with other random numbers. Here the samples are a stream that can
    start at any position (``StreamSampler``, ``StreamDataset``). If a validation was
    due when the run stopped, the resumed run validates first.

    If the data loader is an object, or has its own batch sampler, this loop reads and
    resumes it as mmengine does: not bit for bit.

    Args:
        runner (Runner): The runner.
        dataloader (dict | DataLoader): Config of the data loader, whose data set and
            sampler may be objects, or the loader itself.
        max_iters (int): Iterations of the training.
        val_begin (int): First iteration with a validation. Defaults to 1.
        val_interval (int): Iterations from one validation to the next. Defaults to
            1000.
        dynamic_intervals (list[tuple[int, int]], optional): Pairs of an iteration and
            the interval from there on. Defaults to None.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: dict | DataLoader,
        max_iters: int,
        val_begin: int = 1,
        val_interval: int = 1000,
        dynamic_intervals: list[tuple[int, int]] | None = None,
    ) -> None:
        self.is_stream = isinstance(dataloader, dict) and not dataloader.get(
            'batch_sampler'
        )
        if self.is_stream:
            dataloader = make_stream(dataloader, runner.seed)
        elif isinstance(dataloader, DataLoader):
            dataloader = runner.build_dataloader(dataloader)  # its samples are checked
        super().__init__(
            runner,
            dataloader,
            max_iters,
            val_begin,
            val_interval,
            dynamic_intervals,
        )
        if self.is_stream:
            # An older mmengine has started workers by now, at the stream's start.
            self.dataloader_iterator = self.dataloader._iterator = None

    def run(self) -> None:
        """Trains, from the iteration at which the run is."""
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        if self._iter > 0:
            self._decide_current_val_interval()
            self._validate_if_due()
        self._go_to_iteration()
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self.run_iter(next(self.dataloader_iterator))
            self._decide_current_val_interval()
            self._validate_if_due()
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model

    def _go_to_iteration(self) -> None:
        if self.is_stream:
            self._seed_stream()
            sampler = self.dataloader.sampler
            sampler.start = self._iter * self.dataloader.batch_size
            self.dataloader_iterator = iter(self.dataloader)
        elif self._iter > 0:
            self.dataloader_iterator.skip_iter(self._iter)

    def _seed_stream(self) -> None:
        """Sets the seed of the run, which may come from the checkpoint."""
        seed, rank = self.runner.seed, get_rank()
        dataset = self.dataloader.dataset
        if not isinstance(dataset, StreamDataset):
            dataset = dataset._dataset  # of a loader with num_batch_per_epoch
        dataset.seed = (seed, rank)
        is_by_rank = self.runner._randomness_cfg.get('diff_rank_seed', False)
        self.dataloader.sampler.options['seed'] = seed - rank * is_by_rank

    def _validate_if_due(self) -> None:
        is_due = self._iter >= self.val_begin and (
            self._iter % self.val_interval == 0 or self._iter == self._max_iters
        )
        validated = self.runner.message_hub.runtime_info.get(VALIDATED)
        if self.runner.val_loop is not None and is_due and validated != self._iter:
            self.runner.val_loop.run()


def make_stream(dataloader: dict, seed: int) -> dict:
    """Returns the config of a data loader, with its samples as a stream.

    Args:
        dataloader (dict): Config of a data loader.
        seed (int): Seed of the run.
    """
    return {
        **dataloader,
        'dataset': dict(
            type='mmseg_hrvit.StreamDataset', dataset=dataloader['dataset'], seed=seed
        ),
        'sampler': dict(
            type='mmseg_hrvit.StreamSampler', sampler=dataloader['sampler']
        ),
    }
