import copy
import pickle
import random
from itertools import islice

import numpy as np
import pytest
import torch
from mmengine.registry import DATA_SAMPLERS, DATASETS
from mmengine.runner import Runner
from torch.utils.data import Dataset, Sampler, SequentialSampler

from mmseg_hrvit.datasets import sample_stream
from mmseg_hrvit.engine.train_loop import make_stream


@DATASETS.register_module(force=True)
class Dice(Dataset):
    def __init__(self):
        self.metainfo = dict(classes=('a', 'b'))

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return index, random.random(), np.random.rand(), torch.rand(1).item()

    def get_data_info(self, index):
        return dict(weight=-index)


def loader(seed=3, workers=0, sampler='InfiniteSampler'):
    if isinstance(sampler, str):
        shuffle = {} if sampler == 'Heaviest' else dict(shuffle=True)
        sampler = dict(type=sampler, **shuffle)
    cfg = dict(
        dataset=dict(type='Dice'),
        sampler=sampler,
        batch_size=2,
        num_workers=workers,
        collate_fn=dict(type='default_collate'),
    )
    return Runner.build_dataloader(make_stream(cfg, seed), seed)


def samples(loader, start=0, batches=9):
    loader.sampler.start = start
    drawn = islice(iter(loader), batches)
    return [tuple(part[i].item() for part in b) for b in drawn for i in range(2)]


@pytest.mark.parametrize('sampler', ['InfiniteSampler', 'DefaultSampler'])
@pytest.mark.parametrize('workers', [0, 2])
def test_a_stream_starts_anywhere(sampler, workers):
    whole = samples(loader(sampler=sampler))
    assert (
        samples(loader(sampler=sampler, workers=workers), start=8, batches=5)
        == (whole[8:])
    )


def test_each_sample_has_numbers_of_its_own():
    drawn = samples(loader())
    for kind in (1, 2, 3):
        assert len({sample[kind] for sample in drawn}) == len(drawn)
    indices = [sample[0] for sample in drawn]
    assert sorted(indices[:7]) == sorted(indices[7:14]) == [*range(7)]


def test_another_seed_is_another_stream():
    assert samples(loader(seed=4)) != samples(loader())


def test_another_rank_has_other_numbers(monkeypatch):
    first = samples(loader())
    monkeypatch.setattr(sample_stream, 'get_rank', lambda: 1)
    second = samples(loader())
    assert [s[0] for s in first] == [s[0] for s in second]
    assert not {s[1] for s in first} & {s[1] for s in second}


def test_loading_leaves_no_trace_in_the_process():
    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()

    cfg = make_stream(dict(dataset=dict(type='Dice'), sampler=dict()), seed=3)
    stream = DATASETS.build(cfg['dataset'])
    state = random.getstate(), np.random.get_state(), torch.get_rng_state()
    expected = draw()
    random.setstate(state[0])
    np.random.set_state(state[1])
    torch.set_rng_state(state[2])
    stream[5, 0]
    assert draw() == expected


def test_an_epoch_of_a_sampler_that_ends_is_shuffled_anew():
    options = dict(dataset=Dice(), seed=0)
    cfg = dict(type='mmseg_hrvit.StreamSampler', sampler=dict(type='DefaultSampler'))
    drawn = [*islice(DATA_SAMPLERS.build(cfg, default_args=options), 14)]
    assert [position for position, _ in drawn] == [*range(14)]
    first, second = ([index for _, index in drawn[i : i + 7]] for i in (0, 7))
    assert sorted(first) == sorted(second)
    assert first != second


def test_the_data_set_stays_visible():
    dataset = loader().dataset
    assert dataset.metainfo == dict(classes=('a', 'b'))
    assert len(dataset) == 7


def test_attributes_are_read_from_the_data_set_and_set_in_it():
    stream = loader().dataset
    stream.pipeline = 'mine'
    assert stream.dataset.pipeline == stream.pipeline == 'mine'
    assert not hasattr(stream, 'no_such_thing')
    # torch and copy look for these: the stream's own, not the data set's.
    stream.dataset.__dict__['__getitems__'] = print
    assert not hasattr(stream, '__getitems__')
    for twin in (copy.deepcopy(loader().dataset), pickle.loads(pickle.dumps(stream))):
        assert type(twin) is sample_stream.StreamDataset
        assert len(twin) == 7


def test_a_sample_of_no_stream():
    assert loader().dataset[4][0] == 4


@DATA_SAMPLERS.register_module(force=True)
class Heaviest(Sampler):
    """No set_epoch, no length; asks the data set itself."""

    def __init__(self, dataset, seed):
        assert type(dataset) is Dice
        self.weights = [dataset.get_data_info(i)['weight'] for i in range(7)]

    def __iter__(self):
        return iter(sorted(range(7), key=self.weights.__getitem__)[:3])


def test_a_sampler_of_ones_own_sees_the_data_set_itself():
    assert [s[0] for s in samples(loader(sampler='Heaviest'))][:7] == [6, 5, 4] * 2 + [
        6
    ]
    whole = samples(loader(sampler='Heaviest'))
    assert samples(loader(sampler='Heaviest'), start=6, batches=6) == whole[6:]


def test_a_sampler_that_is_an_object():
    drawn = samples(loader(sampler=SequentialSampler(Dice())), start=5, batches=3)
    assert [sample[0] for sample in drawn] == [5, 6, 0, 1, 2, 3]
