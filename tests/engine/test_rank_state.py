import random

import numpy as np
import torch
from torch import nn

from mmseg_hrvit.checkpoints import load_from_local
from mmseg_hrvit.engine import rank_state


def draw():
    return random.gauss(0, 1), np.random.randn(), torch.rand(1).item()


def test_states_survive_a_checkpoint(tmp_path):
    draw()  # both gauss and randn now have a number in store
    torch.save(dict(state=rank_state.get_random_state()), tmp_path / 'a.pth')
    expected = draw(), draw()
    rank_state.set_random_state(load_from_local(tmp_path / 'a.pth')['state'])
    assert (draw(), draw()) == expected


def network():
    return nn.Sequential(
        nn.BatchNorm2d(3), nn.Sequential(nn.SyncBatchNorm(3)), nn.LayerNorm(3)
    )


def test_local_buffers_are_those_of_batch_norms_that_are_not_synced():
    names = rank_state.local_buffers(network())
    assert sorted(names) == [
        '0.num_batches_tracked',
        '0.running_mean',
        '0.running_var',
    ]


def test_other_ranks_get_their_buffers_back(monkeypatch):
    model = network()
    model[0].running_mean += 2
    assert rank_state.gather_rank_states(model)[0]['buffers'] == {}
    monkeypatch.setattr(rank_state, 'get_rank', lambda: 1)
    (state,) = rank_state.gather_rank_states(model)
    other = network()
    rank_state.set_local_buffers(other, state['buffers'])
    assert torch.equal(other[0].running_mean, model[0].running_mean)
