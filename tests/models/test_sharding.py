"""Sharded by torch's FSDP2 over two processes, a step is that of one process."""

import copy

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from data import TINY_ARCH
from mmseg_hrvit.models import HRViT, convert
from mmseg_hrvit.models.layers import Block
from reference import fill, image
from selection import full_but


def train_a_step(network):
    """The parameters after a step of SGD, by name."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    sum(x.square().mean() for x in network(image(2, 3, 32, 48))).backward()
    optimizer.step()
    return {
        name: p.full_tensor() if hasattr(p, 'full_tensor') else p
        for name, p in network.named_parameters()
    }


def shard_and_compare(rank, address, part):
    """What each of two processes does."""
    dist.init_process_group('gloo', init_method=address, rank=rank, world_size=2)
    network = fill(HRViT(TINY_ARCH)).double().eval()
    expected = train_a_step(copy.deepcopy(network))
    mesh = init_device_mesh('cpu', (2,))
    for module in list(network.modules()):
        if type(module) is part:
            fully_shard(module, mesh=mesh)
    fully_shard(network, mesh=mesh)
    convert(network, 'training_cpu')  # what is sharded keeps its layers
    actual = train_a_step(network)
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(actual[name], value, rtol=1e-9, atol=1e-9, msg=name)
    dist.destroy_process_group()


@pytest.mark.parametrize('part', full_but([Block, nn.Linear], nn.Linear))
def test_a_step_is_that_of_one_process(part, tmp_path):
    address = f'file://{tmp_path / "meeting"}'
    mp.spawn(shard_and_compare, (address, part), nprocs=2)
