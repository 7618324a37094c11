"""Training on a GPU: the step, mixed precision, compiled parts, memory."""

import copy

import pytest
import torch
import torch._dynamo.config
from mmengine.config import Config
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.registry import MODELS, OPTIM_WRAPPERS

import mmseg_hrvit
from data import use_tiny_arch, write_tiny_config
from mmseg_hrvit import convert
from mmseg_hrvit.analysis.memory import peak_memory
from mmseg_hrvit.engine.cpu import prepare_cpu, replace_sync_bn
from mmseg_hrvit.engine.runner import build_runner
from mmseg_hrvit.models.forms import compiled
from reference import fill, relative_error
from segmentor_testers import draw_batch

CONFIGS = ('hrvit_b1_camvid', 'hrvit_b1_upernet_camvid')
SIZE = (96, 128)


def build(name, is_tiny=True, **backbone):
    """A segmentor without chance: no dropout, no drop-path."""
    cfg = Config.fromfile(mmseg_hrvit.config(name))
    if is_tiny:
        use_tiny_arch(cfg)
    replace_sync_bn(cfg.model)
    cfg.model.backbone.update(drop_path_rate=0.0, **backbone)
    for head in ('decode_head', 'auxiliary_head'):
        if head in cfg.model:
            cfg.model[head].dropout_ratio = 0.0
    cfg.model.data_preprocessor.size = SIZE
    return fill(MODELS.build(cfg.model)).train()


def gradients(model):
    """Gradients by name after a step on images that are always the same."""
    data = model.data_preprocessor(draw_batch(2, 11, SIZE), True)
    dtype = next(model.parameters()).dtype
    data['inputs'] = data['inputs'].to(dtype)
    losses, _ = model.parse_losses(model(**data, mode='loss'))
    losses.backward()
    return {name: p.grad for name, p in model.named_parameters()}


@pytest.mark.parametrize('name', CONFIGS)
def test_a_step_is_that_of_float64(name, device):
    expected = gradients(build(name).double())
    model = build(name).to(device)
    actual = gradients(model)
    assert actual.keys() == expected.keys()
    largest = max(grad.norm() for grad in expected.values())
    for key, grad in expected.items():
        difference = (actual[key].cpu().double() - grad).norm()
        # Of a bias before a norm the gradient is nothing but rounding.
        assert difference < 1e-3 * grad.norm() + 1e-6 * largest, key


@pytest.mark.parametrize('form', ['plain', 'memory'])
def test_gradients_have_the_strides_of_their_parameters(form, device):
    model = build(CONFIGS[0]).to(device)
    if form != 'plain':
        convert(model, form)
    gradients(model)
    for name, param in model.named_parameters():
        # The stride of a side of one element has no meaning, and cuDNN sets its own.
        sides = [k for k, size in enumerate(param.shape) if size > 1]
        strides = [[x.stride(k) for k in sides] for x in (param.grad, param)]
        assert strides[0] == strides[1], name


@OPTIM_WRAPPERS.register_module()
class CpuAmpOptimWrapper(OptimWrapper):
    """mmengine's mixed precision, which it refuses to a CPU; see AmpOptimWrapper."""

    def __init__(self, dtype, loss_scale=None, **options):
        super().__init__(**options)
        self.cast_dtype = getattr(torch, dtype)
        is_scaled = loss_scale is not None
        self.loss_scaler = torch.amp.GradScaler(
            'cpu', enabled=is_scaled, **(loss_scale or {})
        )

    def backward(self, loss, **options):
        self.loss_scaler.scale(loss).backward(**options)
        self._inner_count += 1

    def step(self, **options):
        self.loss_scaler.step(self.optimizer, **options)
        self.loss_scaler.update()

    def optim_context(self, model):
        return torch.autocast('cpu', self.cast_dtype)


def train(folder, device, iters, **options):
    """Runs a tiny config in this process; returns the runner."""
    cfg = Config.fromfile(write_tiny_config(folder))
    cfg.launcher = 'none'
    cfg.train_cfg.update(max_iters=iters, val_interval=iters)
    cfg.merge_from_dict(options)
    prepare_cpu(cfg)
    runner = build_runner(cfg)
    runner.train()
    return runner


AMP = {'cuda': AmpOptimWrapper.__name__, 'cpu': CpuAmpOptimWrapper.__name__}


@pytest.mark.parametrize(
    ('dtype', 'loss_scale', 'skipped'),
    [
        ('bfloat16', None, 0),
        ('float16', dict(init_scale=2.0**8), 0),
        # Too large by far: found in a few steps, each of which halves it.
        ('float16', dict(init_scale=2.0**40), 8),
    ],
)
def test_mixed_precision(tmp_path, device, dtype, loss_scale, skipped):
    options = {'optim_wrapper.type': AMP[device.type], 'optim_wrapper.dtype': dtype}
    if loss_scale:
        options['optim_wrapper.loss_scale'] = loss_scale
    elif device.type == 'cuda':
        options['optim_wrapper.loss_scale'] = 1.0
    runner = train(tmp_path, device, 8, **options)
    found = runner.message_hub.get_info('skipped_steps', 0)
    assert found == skipped
    if loss_scale:
        scale = runner.optim_wrapper.loss_scaler.get_scale()
        assert scale == loss_scale['init_scale'] / 2**skipped
    assert all(p.isfinite().all() for p in runner.model.parameters())


@pytest.fixture
def backend(device, monkeypatch):
    """On a CPU graphs run as they are: inductor takes a minute there."""
    torch.compiler.reset()
    compiled.compiled.cache_clear()
    if device.type == 'cpu':
        compile_function = torch.compile
        monkeypatch.setattr(
            torch,
            'compile',
            lambda function, **options: compile_function(
                function, backend='aot_eager_decomp_partition', **options
            ),
        )
    yield
    compiled.compiled.cache_clear()
    torch.compiler.reset()


def test_compiled_parts_are_compiled_once(backend, device):
    model = build(CONFIGS[0]).to(device)
    plain = copy.deepcopy(model)
    convert(model, 'compile')
    for run in (0, 1, 2):
        with torch._dynamo.config.patch(error_on_recompile=run > 0):
            model.zero_grad()
            found = gradients(model)
    expected = gradients(plain)
    largest = max(grad.norm() for grad in expected.values())
    for key, grad in expected.items():
        difference = (found[key] - grad).norm()
        assert difference < 1e-2 * grad.norm() + 1e-4 * largest, key
    x = torch.randn(2, 3, *SIZE, device=device)
    plain.load_state_dict(model.state_dict())
    model.eval(), plain.eval()
    with torch.no_grad():
        for run in (0, 1, 2):
            with torch._dynamo.config.patch(error_on_recompile=run > 0):
                logits = model(x, mode='tensor')
        assert relative_error(logits, plain(x, mode='tensor')) < 1e-3


def test_options_that_save_memory_do(cuda):
    def peak(form=None, **backbone):
        model = build(CONFIGS[0], is_tiny=False, **backbone).to(cuda)
        if form:
            convert(model, form)
        gradients(model)  # what libraries take at their first call
        model.zero_grad()
        return peak_memory(lambda: gradients(model), 'cuda')

    plain, memory, recomputed = peak(), peak('memory'), peak(with_cp=True)
    print(f'MiB: {[n / 2**20 for n in (plain, memory, recomputed)]}')
    assert memory < 0.95 * plain
    assert recomputed < 0.7 * plain
