"""mmengine's runner, with every sample checked."""

from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmseg_hrvit.datasets.checked_pipeline import check_samples
from mmseg_hrvit.errors import InputError


@RUNNERS.register_module()
class CheckedRunner(Runner):
    """mmengine's runner, whose data sets name, count and skip unusable samples.

    The config's ``max_unusable_share`` (float) is the share of each training set
    that may be skipped. Without it, as in evaluation, the first one ends the run.
    """

    def build_dataloader(
        self,
        dataloader: DataLoader | dict,
        seed: int | None = None,
        diff_rank_seed: bool = False,
    ) -> DataLoader:
        """Builds a data loader; ``CheckedPipeline`` says what is checked.

        Args:
            dataloader (DataLoader | dict): Its config, or the loader itself.
            seed (int, optional): Seed of the sampler. Defaults to None.
            diff_rank_seed (bool): Whether every rank has a seed of its own. Defaults
                to False.

        Returns:
            DataLoader: The data loader.

        Raises:
            InputError: If ``max_unusable_share`` is no share.
        """
        max_share = self.cfg.get('max_unusable_share', 0.0)
        if not 0 <= max_share < 1:
            raise InputError(f'max_unusable_share={max_share}: give 0 or more, below 1')
        loader = super().build_dataloader(dataloader, seed, diff_rank_seed)
        # Before the workers start: they have copies of the data set.
        check_samples(loader.dataset, max_share)
        return loader
