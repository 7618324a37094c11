"""Ranks of a tiny network, killed again and again: few enough for every change."""

import os
import random
import time
from functools import partial

import pytest
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.registry import HOOKS, METRICS

from mmseg_hrvit import CheckedRunner
from mmseg_hrvit.analysis.killed_run import check_checkpoints, digest, results
from mmseg_hrvit.engine.resume import resume_latest
from ranks import Ranks
from trainings import make_runner

FSYNC = os.fsync


@METRICS.register_module()
class Mean(BaseMetric):
    """The mean of the predictions, which tells one network from another."""

    def process(self, data_batch, data_samples):
        self.results += [sample.double().sum().item() for sample in data_samples]

    def compute_metrics(self, results):
        return dict(score=sum(results))


@HOOKS.register_module()
class TellHook(Hook):
    """Tells the number of each event."""

    def __init__(self):
        self.times = dict(train=0, val=0, write=0)
        os.fsync = self.fsync

    def tell(self, kind):
        self.times[kind] += 1
        print(f'[{kind} {self.times[kind]}]')

    def before_train_iter(self, runner, **_):
        self.tell('train')
        time.sleep(0.02)

    def before_val_iter(self, runner, **_):
        self.tell('val')
        time.sleep(0.02)

    def fsync(self, descriptor):
        if os.readlink(f'/proc/self/fd/{descriptor}').endswith('.pth.part'):
            self.tell('write')
            time.sleep(0.05)
        FSYNC(descriptor)


def train_in_a_rank(folder, iters):
    """What train.py does, with three weights."""
    cfg = Config(dict(work_dir=str(folder), load_from=None, resume=False))
    resume_latest(cfg)
    hooks = ('PreemptionHook', 'StrictCheckpointHook', 'FiniteCheckHook')
    runner = make_runner(
        folder,
        max_iters=iters,
        seed=3,
        deterministic=True,
        cls=CheckedRunner,
        resume=cfg.resume,
        load_from=cfg.load_from,
        evaluator=dict(type='Mean'),
        checkpoint=dict(max_keep_ckpts=2, save_best='score', rule='greater'),
        hooks=[dict(type='TellHook'), *(dict(type=f'mmseg_hrvit.{h}') for h in hooks)],
    )
    runner.train()


@pytest.mark.parametrize(
    ('size', 'kills', 'iters'),
    [(2, 15, 24), pytest.param(4, 40, 80, marks=pytest.mark.faults)],
)
def test_ranks_killed_again_and_again(size, kills, iters, tmp_path, record_property):
    untouched, killed = tmp_path / 'untouched', tmp_path / 'killed'
    start = partial(Ranks, train_in_a_rank, size=size)
    ranks = start(untouched, iters, folder=tmp_path / 'logs')
    assert ranks.end() == [0] * size, ranks.said()
    chance = random.Random(4)
    for kill in range(kills):
        kind = ('train', 'write', 'val')[kill % 3]
        rank = 0 if kind == 'write' else chance.randrange(size)  # 0 writes
        ranks = start(killed, iters, folder=tmp_path / f'logs_{kill}')
        ranks.wait_for(f'[{kind} {chance.randint(1, 3)}]', rank)
        time.sleep(chance.uniform(0, 0.1))
        ranks.kill(rank)
        check_checkpoints(killed)
    ranks = start(killed, iters, folder=tmp_path / 'logs_end')
    assert ranks.end() == [0] * size, ranks.said()
    assert digest(killed) == digest(untouched)
    names = [sorted(p.name for p in f.glob('*.pth*')) for f in (killed, untouched)]
    assert names[0] == names[1]
    expected, found = results(untouched), results(killed)
    assert found == expected
    for name in ('kills survived', 'resumes bit-exact', 'faults injected'):
        record_property(name, kills)
    record_property('results lost', len(expected.keys() - found.keys()))
