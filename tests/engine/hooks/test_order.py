"""The hooks of the shipped configs are called in an order that they rely on."""

import pytest
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

import mmseg_hrvit
from trainings import make_runner

OTHERS = ('EMAHook',)


@pytest.fixture
def order(tmp_path):
    """The names of the hooks of a shipped config, the first one first."""
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    hooks = [dict(hook) for hook in cfg.custom_hooks]
    runner = make_runner(
        tmp_path, hooks=[*hooks[::-1], *(dict(type=name) for name in OTHERS)]
    )
    return [type(hook).__name__ for hook in runner.hooks]


@pytest.mark.parametrize(
    'first, then, why',
    [
        ('StrictCheckpointHook', 'EMAHook', 'which puts other weights in place'),
        ('StrictCheckpointHook', 'RuntimeInfoHook', 'bad files are told first'),
        ('RuntimeInfoHook', 'FiniteCheckHook', 'which reads when losses were read'),
        ('FiniteCheckHook', 'LoggerHook', 'which logs what it counts'),
        ('FiniteCheckHook', 'DurableCheckpointHook', 'buffers go back before'),
        ('EMAHook', 'DurableCheckpointHook', 'the step is averaged before'),
        ('RankStateHook', 'DurableCheckpointHook', 'draws are taken back before'),
        ('LoggerHook', 'DurableCheckpointHook', 'the logs are kept in it'),
        ('DurableCheckpointHook', 'PreemptionHook', 'saves once in an iteration'),
        ('EMAHook', 'FormHook', 'which copies the weights'),
        ('ChannelCheckHook', 'DurableCheckpointHook', 'which moves older runs away'),
        ('LabelSurveyHook', 'DurableCheckpointHook', 'which moves older runs away'),
    ],
)
def test_a_hook_goes_before_another(order, first, then, why):
    assert order.index(first) < order.index(then), why


def test_every_hook_of_the_package_is_looked_at(order):
    own = {name for name in mmseg_hrvit.__all__ if name.endswith('Hook')}
    assert own <= {*order}
    assert all(issubclass(HOOKS.get(f'mmseg_hrvit.{name}'), Hook) for name in own)
