"""Trainings of a network of three weights, in moments."""

from itertools import count

import torch
from mmengine.dist import is_distributed
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

NUMBER = count()  # of the runs


class Net(BaseModel):
    """A layer and a dropout, whose loss depends on both."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 2)

    def forward(self, inputs, mode='tensor'):
        x = torch.as_tensor(inputs, dtype=torch.float32)[:, None]
        x = nn.functional.dropout(self.layer(x), training=self.training)
        return dict(loss=x.square().mean()) if mode == 'loss' else list(x)


@DATASETS.register_module()
class Numbers(Dataset):
    """Some numbers, each with some noise."""

    def __init__(self, size=4):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return dict(inputs=index + torch.rand(1).item())


@METRICS.register_module()
class Scripted(BaseMetric):
    """Finds the next of some scores."""

    def __init__(self, scores):
        super().__init__()
        self.scores = [*scores]

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return dict(score=self.scores.pop(0))


def make_runner(
    work_dir,
    max_iters=4,
    checkpoint=None,
    scores=(),
    hooks=(),
    accumulate=1,
    resume=False,
    loader=None,
    seed=5,
    val_loader=None,
    load_from=None,
    evaluator=None,
    loop=None,
    cls=Runner,
    deterministic=False,
):
    """Builds a runner that validates and saves after every second iteration.

    Args:
        work_dir (Path): The work directory.
        max_iters (int): Iterations. Defaults to 4.
        checkpoint (dict, optional): Options of the checkpoint hook.
        scores (Sequence[float]): What the validations find; without any, there are
            none. Defaults to ().
        hooks (Sequence[dict]): More hooks. Defaults to ().
        accumulate (int): Batches of a step of the optimizer. Defaults to 1.
        resume (bool): Whether to go on from the last checkpoint. Defaults to False.
        loader (dict | DataLoader, optional): In place of ``Numbers``.
        seed (int, optional): Of the run; None: drawn. Defaults to 5.
        val_loader (dict, optional): Of the validation, in place of ``Numbers``.
        load_from (str, optional): The checkpoint to go on from, or to start with.
        evaluator (dict, optional): In place of one that finds ``scores``.
        loop (dict, optional): In place of ``ResumableTrainLoop``.
        cls (type): The runner's class. Defaults to mmengine's.
        deterministic (bool): Of the run. Defaults to False.
    """
    torch.manual_seed(0)
    numbers = dict(
        dataset=dict(type='Numbers'),
        sampler=dict(type='DefaultSampler', shuffle=True),
        batch_size=2,
    )
    validation = dict(
        val_dataloader=val_loader or numbers,
        val_cfg=dict(),
        val_evaluator=evaluator or dict(type='Scripted', scores=scores),
    )
    checkpoint = {
        'type': 'mmseg_hrvit.DurableCheckpointHook',
        'interval': 2,
        'by_epoch': False,
        **(checkpoint or {}),
    }
    resumable = dict(
        type='mmseg_hrvit.ResumableTrainLoop', max_iters=max_iters, val_interval=2
    )
    return cls(
        Net(),
        str(work_dir),
        train_dataloader=numbers if loader is None else loader,
        train_cfg=loop or resumable,
        optim_wrapper=dict(
            optimizer=dict(type='AdamW', lr=0.1), accumulative_counts=accumulate
        ),
        default_hooks=dict(
            checkpoint=checkpoint,
            logger=dict(type='LoggerHook', log_metric_by_epoch=False),
        ),
        custom_hooks=[dict(type='mmseg_hrvit.RankStateHook'), *hooks],
        randomness=dict(seed=seed, deterministic=deterministic),
        log_processor=dict(by_epoch=False),
        resume=resume,
        load_from=load_from,
        default_scope='mmengine',
        # Runs of one name and one second would share what mmengine knows of them.
        experiment_name=f'run-{next(NUMBER)}',
        launcher='pytorch' if is_distributed() else 'none',
        cfg=dict(
            model_wrapper_cfg=dict(
                type='MMDistributedDataParallel',
                device_ids=None,
                broadcast_buffers=False,
            )
        ),
        **(validation if scores or evaluator else {}),
    )


def train(work_dir, **options):
    """Trains, and returns the runner."""
    runner = make_runner(work_dir, **options)
    runner.train()
    return runner
