"""The stream of training samples, which is the same for a stopped and resumed run.

A sample is identified by its position in the stream of its process. Its augmentation
depends only on (seed, rank, position), not on which worker loads it, or when.
"""

import random
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank, sync_random_seed
from mmengine.registry import DATA_SAMPLERS, DATASETS
from torch.utils.data import Dataset, Sampler


@DATA_SAMPLERS.register_module()
class StreamSampler(Sampler):
    """Turns another sampler into an endless stream, which can start at any position.

    It yields pairs (position in the stream, index of the sample) for
    ``StreamDataset``. The sampler sees the data set without the stream around it.

    Args:
        dataset (Dataset): The data set.
        sampler (dict | Sampler): The sampler, or its config. If it ends, it starts
            again with its next epoch. An object must start again with each ``iter``.
        seed (int, optional): Its seed; None: drawn, the same on all ranks. Defaults
            to None.
    """

    def __init__(
        self, dataset: Dataset, sampler: dict | Sampler, seed: int | None = None
    ) -> None:
        self.sampler = sampler
        self.options = dict(
            dataset=dataset.dataset if isinstance(dataset, StreamDataset) else dataset,
            seed=sync_random_seed() if seed is None else seed,
        )
        self.start = 0

    def _build(self) -> Sampler:
        if not isinstance(self.sampler, dict):
            return self.sampler
        return DATA_SAMPLERS.build(self.sampler, default_args=self.options)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return islice(enumerate(self._indices()), self.start, None)

    def _indices(self) -> Iterator[int]:
        # A new sampler, because mmengine's endless one would continue where it stopped.
        sampler = self._build()
        for epoch in count():
            if hasattr(sampler, 'set_epoch'):
                sampler.set_epoch(epoch)
            yield from sampler

    def __len__(self) -> int:
        return len(self._build())


@DATASETS.register_module()
class StreamDataset(Dataset):
    """Draws each sample of another data set from its position in the stream.

    The random states of the process stay as they are, so training does not depend
    on whether samples are loaded in it or in workers. Reading or setting any attribute
    except ``seed`` reads or sets that of the other data set.

    Args:
        dataset (dict | Dataset): The data set, or its config.
        seed (int): Seed of the run.
    """

    OWN = ('dataset', 'seed')

    def __init__(self, dataset: dict | Dataset, seed: int) -> None:
        is_config = isinstance(dataset, dict)
        self.dataset = DATASETS.build(dataset) if is_config else dataset
        self.seed = (seed, get_rank())

    def __getattr__(self, name: str) -> Any:
        # The others, such as __deepcopy__, are looked for before there is a data set.
        if name in self.OWN or name.startswith('__'):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.OWN:
            super().__setattr__(name, value)
        else:
            setattr(self.dataset, name, value)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, item: tuple[int, int] | int) -> Any:
        """Returns a sample.

        Args:
            item (tuple[int, int] | int): Its position in the stream, and its index;
                or the index alone, for a sample that belongs to no stream.
        """
        if not isinstance(item, tuple):
            return self.dataset[item]
        position, index = item
        before = random.getstate(), np.random.get_state(), torch.get_rng_state()
        try:
            self._seed(position)
            return self.dataset[index]
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])
            torch.set_rng_state(before[2])

    def _seed(self, position: int) -> None:
        words = np.random.SeedSequence((*self.seed, position)).generate_state(3)
        random.seed(int(words[0]))
        np.random.seed(words[1])
        # Not torch.manual_seed: it would seed the GPU too.
        torch.default_generator.manual_seed(int(words[2]))
