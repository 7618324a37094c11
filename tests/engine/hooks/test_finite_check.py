"""Runs of a tiny network whose losses and gradients fail when they are told to."""

import errno
import re

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.registry import (
    HOOKS,
    OPTIM_WRAPPER_CONSTRUCTORS,
    OPTIM_WRAPPERS,
)
from mmengine.runner import Runner
from mmseg.structures import SegDataSample
from safetensors import safe_open
from torch import nn

from mmseg_hrvit import FiniteCheckHook
from mmseg_hrvit.engine import saved_batch
from mmseg_hrvit.engine.hooks.finite_check import spread_failure
from mmseg_hrvit.engine.optim_wrappers import optim_wrappers
from mmseg_hrvit.errors import NumericError

ITERS = 6


class Gradient(torch.autograd.Function):
    """The identity, with a gradient that is not finite."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.inf


class Line(BaseModel):
    """A line with a BatchNorm. An image of such a value makes the loss fail so."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(1)
        self.layer = nn.Linear(1, 1)

    def forward(self, inputs, data_samples, mode):
        x = torch.stack(inputs).flatten(1)[:, :1].float()
        loss = self.layer(self.norm(x)).square().mean()
        if x.max() == 200:
            loss = Gradient.apply(loss)
        if x.max() == 201:
            # Not finite, while its gradient would be.
            loss = loss + torch.inf
        return dict(loss_a=loss, loss_b=[loss], acc=x.mean())


class Images(torch.utils.data.Dataset):
    """Images of one value each; ``bad`` iterations have another."""

    def __init__(self, bad, value):
        self.bad = bad
        self.value = value

    def __len__(self):
        return 2 * ITERS

    def __getitem__(self, index):
        value = self.value if index // 2 in self.bad else index
        sample = SegDataSample(metainfo=dict(img_path=f'image_{index}.jpg'))
        image = torch.full((3, 1, 1), value, dtype=torch.uint8)
        return dict(inputs=image, data_samples=sample)


@HOOKS.register_module()
class Recorder(Hook):
    """Keeps the state behind every iteration."""

    def before_train(self, runner):
        runner.states = [take_state(runner)]

    def after_train_iter(self, runner, *args, **kwargs):
        runner.states.append(take_state(runner))


OTHERS = ('PreemptionHook', 'HangWatchHook', 'StrictCheckpointHook', 'RankStateHook')


def train(
    folder, bad=(), value=200, max_in_row=20, model=Line, hooks=(), **optim_wrapper
):
    torch.manual_seed(0)
    optimizer = dict(type='AdamW', lr=0.1, **optim_wrapper.pop('optimizer', {}))
    runner = Runner(
        model(),
        str(folder),
        train_dataloader=dict(
            dataset=Images(bad, value),
            sampler=dict(type='DefaultSampler', shuffle=False),
            batch_size=2,
        ),
        train_cfg=dict(by_epoch=False, max_iters=ITERS),
        optim_wrapper=dict(optimizer=optimizer, **optim_wrapper),
        default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
        custom_hooks=[
            dict(type='mmseg_hrvit.FiniteCheckHook', max_in_row=max_in_row),
            dict(type='Recorder'),
            *(dict(type=f'mmseg_hrvit.{hook}') for hook in hooks),
        ],
        default_scope='mmengine',
        log_processor=dict(by_epoch=False),
        experiment_name=f'{folder.parent.name}_{folder.name}',
    )
    runner.train()
    return runner


def take_state(runner):
    weights = [tensor.clone() for tensor in runner.model.state_dict().values()]
    states = [
        state
        for wrapper in optim_wrappers(runner)
        for state in wrapper.state_dict()['state'].values()
    ]
    return [*weights, *(v.clone() for s in states for v in s.values() if v is not None)]


def changes(runner):
    """Whether each iteration changed anything of weights, buffers, optimizer."""
    return [
        len(a) != len(b) or not all(map(torch.equal, a, b))
        for a, b in zip(runner.states, runner.states[1:], strict=False)
    ]


@pytest.fixture(params=[False, True], ids=['foreach', 'fused'])
def fused(request):
    if request.param:
        try:
            torch.optim.AdamW([torch.ones(1)], fused=True)
        except RuntimeError:
            pytest.skip('this torch has fused optimizers for GPUs alone')
    return dict(optimizer=dict(fused=request.param))


def test_a_good_run_stays_as_it_is(tmp_path, fused):
    checked = train(tmp_path / 'checked', **fused)
    assert changes(checked) == [True] * ITERS
    assert checked.message_hub.get_info('skipped_steps') is None
    torch.manual_seed(0)
    model = Line()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, **fused['optimizer'])
    data = Images((), 0)
    for i in range(ITERS):
        batch = [data[2 * i]['inputs'], data[2 * i + 1]['inputs']]
        losses = model.train()(batch, None, 'loss')
        optimizer.zero_grad()
        (losses['loss_a'] + losses['loss_b'][0]).backward()
        optimizer.step()
    expected = model.state_dict().values()
    assert all(map(torch.equal, checked.model.state_dict().values(), expected))


def test_after_a_run_the_optimizer_steps_again(tmp_path, fused):
    runner = train(tmp_path, bad=(ITERS - 1,), **fused)
    before = take_state(runner)
    for param in runner.model.parameters():
        param.grad = torch.ones_like(param)
    runner.optim_wrapper.optimizer.step()
    after = take_state(runner)
    assert not all(map(torch.equal, before, after))


@pytest.mark.parametrize('value', [200, 201], ids=['gradient', 'loss'])
def test_a_step_that_fails_changes_nothing(tmp_path, fused, value):
    runner = train(tmp_path, bad=(1, 2, 4), value=value, **fused)
    assert changes(runner) == [True, False, False, True, False, True]
    assert all(tensor.isfinite().all() for tensor in runner.states[-1])
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert 'iteration 2: loss or gradients are not finite' in log
    assert '(1 in a row, 3 in all)' in log
    assert re.search(r'Iter\(train\) \[6/6\].*skipped_steps: 3', log)
    assert runner.message_hub.get_info('skipped_steps') == 3


def test_accumulated_gradients_are_skipped_as_one_step(tmp_path):
    runner = train(tmp_path, bad=(2,), accumulative_counts=2)
    before, after = runner.states[2], runner.states[4]
    assert all(map(torch.equal, before, after))
    assert runner.message_hub.get_info('skipped_steps') == 1
    assert changes(runner)[5]


def test_too_many_in_a_row_stop_the_run(tmp_path):
    with pytest.raises(NumericError) as error:
        train(tmp_path, bad=(0, 2, 3, 4), max_in_row=3)
    message = str(error.value)
    path = tmp_path / 'not_finite_iter_5_rank_0.safetensors'
    assert f'in 3 steps in a row, up to iteration 5: the last batch is in {path}' in (
        message
    )
    with safe_open(path, 'pt') as file:
        assert file.get_tensor('inputs.1').flatten().tolist() == [200] * 3
        assert file.metadata()['img_path.0'] == 'image_8.jpg'


def test_a_full_disk_does_not_hide_why_the_run_stops(tmp_path, monkeypatch):
    def write_durably(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(saved_batch, 'write_durably', write_durably)
    message = r'not finite in 3 steps.*the last batch cannot be written \(.*No space'
    with pytest.raises(NumericError, match=message):
        train(tmp_path, bad=(0, 2, 3, 4), max_in_row=3)


@OPTIM_WRAPPERS.register_module()
class ScaledOptimWrapper(OptimWrapper):
    """mmengine's mixed precision, as far as it runs without a GPU."""

    def __init__(self, init_scale, growth_interval=2000, **options):
        super().__init__(**options)
        self.loss_scaler = torch.amp.GradScaler(
            'cpu', init_scale=init_scale, growth_interval=growth_interval
        )

    def backward(self, loss, **options):
        self.loss_scaler.scale(GAIN * loss).backward(**options)
        self._inner_count += 1

    def step(self, **options):
        self.loss_scaler.step(self.optimizer)
        self.loss_scaler.update()


GAIN = 16  # so that 2**126 is too large a scale
SCALED = dict(type='ScaledOptimWrapper', accumulative_counts=1)


def test_a_large_scale_is_no_failure(tmp_path, fused):
    """The squares of such gradients are more than float32 holds."""
    runner = train(tmp_path, init_scale=2.0**70, **SCALED, **fused)
    assert changes(runner) == [True] * ITERS
    assert runner.message_hub.get_info('skipped_steps') is None


def test_a_scale_that_is_too_large_shrinks(tmp_path, fused):
    runner = train(tmp_path, init_scale=2.0**126, **SCALED, **fused)
    skipped = runner.message_hub.get_info('skipped_steps')
    assert 0 < skipped < ITERS
    # A fused optimizer fills its state with zeros in the first step that it skips.
    num_weights = len(runner.model.state_dict())
    runner.states = [state[:num_weights] for state in runner.states]
    assert changes(runner) == [False] * skipped + [True] * (ITERS - skipped)
    assert runner.optim_wrapper.loss_scaler.get_scale() == 2.0 ** (126 - skipped)


def test_a_scale_grows_until_it_is_too_large(tmp_path, fused):
    """As that of a bfloat16 run does, whose gradients hardly overflow."""
    runner = train(tmp_path, init_scale=2.0**123, growth_interval=1, **SCALED, **fused)
    assert not all(changes(runner))
    assert changes(runner)[-1] or changes(runner)[-2]


def test_the_scale_is_logged(tmp_path, monkeypatch):
    monkeypatch.setattr(FiniteCheckHook.__init__, '__defaults__', (20, 2))
    train(tmp_path, init_scale=1024.0, **SCALED)
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert re.search(r'Iter\(train\) \[2/6\].*amp_scale: 1024', log)


class Bare(Line):
    """A line without any buffer."""

    def __init__(self):
        super().__init__()
        self.norm = nn.Identity()


def test_a_network_without_buffers(tmp_path):
    runner = train(tmp_path, bad=(1,), model=Bare)
    assert changes(runner) == [True, False, True, True, True, True]


class Pair(Line):
    """Two layers, with an optimizer each; the other one steps every second time."""

    def __init__(self):
        super().__init__()
        self.other = nn.Linear(1, 1)
        self.steps = 0

    def train_step(self, data, optim_wrapper):
        data = self.data_preprocessor(data, True)
        losses = self(**data, mode='loss')
        optim_wrapper['line'].update_params(losses['loss_a'])
        self.steps += 1
        if self.steps % 2 == 0:
            optim_wrapper['other'].update_params(self.other.weight.square().sum())
        return dict(loss_a=losses['loss_a'])


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class PairConstructor:
    """Builds an optimizer for each layer of ``Pair``."""

    def __init__(self, optim_wrapper_cfg, paramwise_cfg=None):
        self.options = optim_wrapper_cfg['optimizer']

    def __call__(self, model):
        layers = dict(line=model.layer, other=model.other)
        return OptimWrapperDict(
            **{
                name: OptimWrapper(torch.optim.SGD(layer.parameters(), lr=0.1))
                for name, layer in layers.items()
            }
        )


@pytest.mark.parametrize('hooks', [(), OTHERS])
def test_several_optimizers(tmp_path, hooks):
    runner = train(
        tmp_path,
        bad=(1, 2),
        model=Pair,
        hooks=hooks,
        constructor='PairConstructor',
    )
    assert runner.message_hub.get_info('skipped_steps') == 2
    names = [*runner.model.state_dict()]
    first, other = names.index('layer.weight'), names.index('other.weight')
    pairs = [*zip(runner.states, runner.states[1:], strict=False)]
    assert [not torch.equal(a[first], b[first]) for a, b in pairs] == [
        *(True, False, False, True, True, True)
    ]
    assert [not torch.equal(a[other], b[other]) for a, b in pairs] == [False, True] * 3


def test_evaluation_is_left_alone():
    output = dict(loss=torch.tensor(torch.inf))
    assert spread_failure(nn.Linear(1, 1).eval(), (), output) is output
    assert spread_failure(nn.Linear(1, 1), (), [output]) == [output]
