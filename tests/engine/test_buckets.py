"""Sums of gradients over several processes are rounded the same in every step."""

import torch
from mmengine.dist import get_rank
from mmengine.model import BaseModel
from torch import nn

from mmseg_hrvit import CheckedRunner
from ranks import Ranks
from trainings import make_runner

SIZE = 4  # the sum of two numbers is the same in any order


class Deep(BaseModel):
    """Layers whose gradients come in another order than their parameters are listed."""

    def __init__(self):
        super().__init__()
        self.last, self.first = nn.Linear(64, 1), nn.Linear(8, 64)

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return self.last(self.first(inputs).tanh()).mean()


def take_equal_steps(folder):
    """Three steps that change nothing; rank 0 writes their gradients."""
    runner = make_runner(folder, cls=CheckedRunner, deterministic=True)
    torch.manual_seed(0)
    model = runner.wrap_model(runner.cfg.get('model_wrapper_cfg'), Deep())
    torch.manual_seed(1 + get_rank())
    images, steps = torch.randn(16, 8), []
    for _ in range(3):
        model.zero_grad()
        model(images).backward()
        steps.append([p.grad.clone() for p in model.parameters()])
    if get_rank() == 0:
        torch.save(steps, folder / 'steps.pth')


def test_the_first_step_is_rounded_as_all_others(tmp_path):
    ranks = Ranks(take_equal_steps, tmp_path, folder=tmp_path / 'logs', size=SIZE)
    assert ranks.end() == [0] * SIZE, ranks.said()
    first, *others = torch.load(tmp_path / 'steps.pth')
    assert len(others) == 2
    for step in others:
        assert all(map(torch.equal, step, first))
