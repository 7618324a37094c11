"""What every backbone and every head must pass: a new one is tested by naming it."""

import copy
import pickle
from contextlib import contextmanager

import pytest
import torch
from mmengine.registry import MODELS
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call, grad
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mmseg_hrvit import convert, deploy, restore
from mmseg_hrvit.models.forms import PURPOSES
from reference import fill, image, relative_error, training_step

# A torch without CUDA cannot even imagine a GPU.
needs_cuda_build = pytest.mark.skipif(
    not torch.backends.cuda.is_built(), reason='this torch is built without CUDA'
)

# Forms that a GPU may run; what compiles has no imagined tensors.
ON_A_GPU = [form for form in PURPOSES if form not in ('training_cpu', 'compile')]


def build(cfg):
    """Builds a registered module, filled with deterministic weights."""
    return fill(MODELS.build(copy.deepcopy(cfg)))


def to_float64(inputs):
    """Inputs of ``ModuleTester`` in double precision."""
    if isinstance(inputs, torch.Tensor):
        return inputs.double()
    return type(inputs)(x.double() for x in inputs)


class Strays(TorchDispatchMode):
    """Notes the operators whose results are not on the GPU."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        results = function(*args, **kwargs or {})
        for x in tree_leaves(results):
            if isinstance(x, torch.Tensor) and x.device.type != 'cuda':
                self.names.add(str(function))
        return results


class Adapter(nn.Module):
    """A linear layer, frozen, with a trained one of low rank beside it (LoRA)."""

    def __init__(self, base_layer):
        super().__init__()
        self.base_layer = base_layer
        self.down = nn.Linear(base_layer.in_features, 2, bias=False)
        self.up = nn.Linear(2, base_layer.out_features, bias=False)

    @property
    def weight(self):
        """That of the layer inside, as adapters of libraries have it."""
        return self.base_layer.weight

    @property
    def bias(self):
        """Likewise."""
        return self.base_layer.bias

    def forward(self, x):
        return self.base_layer(x) + self.up(self.down(x))


def adapt(module):
    """Puts adapters around all linear layers; returns what is trained of them."""
    params = []
    for name, layer in list(module.named_modules()):
        if type(layer) is nn.Linear:
            adapter = Adapter(layer)
            module.set_submodule(name, adapter)
            params += [adapter.down.weight, adapter.up.weight]
    return params


@contextmanager
def default_dtype(dtype):
    """Within it parameters are of this type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


class ModuleTester:
    """Common tests; a subclass gives ``cfg`` and ``inputs(cfg, size)``."""

    sizes = ((64, 64), (33, 65), (70, 45))
    forms = ('training_cpu', 'memory')

    @pytest.fixture
    def cfg(self):
        """The config to build from the registry."""
        raise NotImplementedError

    def inputs(self, cfg, size):
        """What the module is called with for an image of ``size``."""
        raise NotImplementedError

    def outputs(self, module, inputs):
        """The module's output as a tuple of tensors."""
        out = module(inputs)
        return out if isinstance(out, tuple) else (out,)

    def test_every_size_gives_finite_outputs(self, cfg):
        module = build(cfg).eval()
        for size in self.sizes:
            with torch.no_grad():
                outs = self.outputs(module, self.inputs(cfg, size))
            assert all(x.isfinite().all() for x in outs)
            self.check_shapes(module, cfg, size, outs)

    def test_every_parameter_gets_a_gradient(self, cfg):
        module = build(cfg).train()
        outs = self.outputs(module, self.inputs(cfg, (64, 96)))
        sum((x * torch.randn_like(x)).sum() for x in outs).backward()
        for name, param in module.named_parameters():
            assert param.grad is not None, name
            assert param.grad.isfinite().all(), name
            assert param.grad.abs().max() > 0, name

    @torch.no_grad()
    def test_the_deployed_form_is_the_same_function(self, cfg):
        module = build(cfg).double().eval()
        before = copy.deepcopy(module.state_dict())
        folded = deploy(module)
        assert not any(isinstance(m, _BatchNorm) for m in folded.modules())
        for size in self.sizes:
            inputs = to_float64(self.inputs(cfg, size))
            pairs = zip(
                self.outputs(folded, inputs), self.outputs(module, inputs), strict=True
            )
            assert all(relative_error(a, b) < 1e-12 for a, b in pairs)
        assert all(torch.equal(x, before[k]) for k, x in module.state_dict().items())

    @pytest.mark.parametrize('training', [True, False])
    def test_every_module_with_parameters_is_called(self, cfg, training):
        module = build(cfg).train(training)
        called = set()
        for part in module.modules():
            part.register_forward_hook(lambda part, *_: called.add(part))
        self.outputs(module, self.inputs(cfg, (64, 96)))
        # torch's own layer reads the weights of its projection.
        read = {
            part.out_proj
            for part in module.modules()
            if isinstance(part, nn.MultiheadAttention)
        }
        for name, part in module.named_modules():
            if list(part.parameters(recurse=False)) and part not in read:
                assert part in called, name

    def test_forms_are_the_same_function_and_come_off(self, cfg):
        module = build(cfg).double().train()
        inputs = to_float64(self.inputs(cfg, (70, 45)))
        expected = training_step(module, inputs)
        before = [type(part) for part in module.modules()]
        for form in self.forms:
            assert convert(module, form) is module
            actual = training_step(module, inputs)
            assert actual.keys() == expected.keys()
            for name, value in expected.items():
                torch.testing.assert_close(
                    actual[name], value, rtol=1e-9, atol=1e-9, msg=f'{form}: {name}'
                )
        restore(module)
        assert [type(part) for part in module.modules()] == before
        assert not any(part._forward_hooks for part in module.modules())

    def test_adapters_train(self, cfg):
        module = build(cfg).train().requires_grad_(False)
        adapters = adapt(module)
        # Where the runtime trains on a CPU, too: what is adapted keeps its layers.
        self.check_training(cfg, module, adapters)

    def test_adapters_of_peft_train(self, cfg):
        # It needs transformers, of which mmpretrain and gradio want other versions.
        peft = pytest.importorskip('peft', reason='peft is not installed')
        module = build(cfg).train()
        names = [k for k, m in module.named_modules() if type(m) is nn.Linear]
        if names:
            lora = peft.LoraConfig(r=2, target_modules=names, init_lora_weights=False)
            module = peft.get_peft_model(module, lora)
            trained = [p for p in module.parameters() if p.requires_grad]
            assert len(trained) == 2 * len(names)
            self.check_training(cfg, module, trained)

    def check_training(self, cfg, module, params):
        """Checks that parameters have gradients, in all forms."""
        for form in (None, *self.forms):
            if form:
                convert(module, form)
            module.zero_grad()
            outs = self.outputs(module, self.inputs(cfg, (64, 96)))
            if params:
                sum((x * torch.randn_like(x)).sum() for x in outs).backward()
            assert all(p.grad is not None and p.grad.abs().max() > 0 for p in params)

    def test_made_on_the_meta_device(self, cfg):
        module = build(cfg).eval()
        with torch.device('meta'):
            other = MODELS.build(copy.deepcopy(cfg))
        assert all(p.is_meta for p in other.parameters())
        other = other.to_empty(device='cpu').eval()
        other.load_state_dict(module.state_dict())
        self.check_equal(cfg, module, other)

    def test_function_of_its_parameters(self, cfg):
        if cfg.get('with_cp'):  # torch.func knows no checkpointing
            return
        module = build(cfg).double().eval()
        inputs = to_float64(self.inputs(cfg, (64, 64)))

        def loss(params):
            outs = functional_call(module, params, (inputs,))
            outs = outs if isinstance(outs, tuple) else (outs,)
            return sum(x.square().mean() for x in outs)

        params = {k: p.detach() for k, p in module.named_parameters()}
        grads = grad(loss)(params)
        loss(dict(module.named_parameters())).backward()
        for name, p in module.named_parameters():
            torch.testing.assert_close(grads[name], p.grad)

    @pytest.mark.full
    @pytest.mark.parametrize('training', [False, True])
    def test_strict_export(self, cfg, training):
        """torch.export reads the Python of the module, and takes all of it."""
        module = build(cfg).train(training)
        inputs = self.inputs(cfg, (64, 96))
        program = torch.export.export(module, (inputs,), strict=True).module()
        self.check_rounding(cfg, training, inputs, module(inputs), program(inputs))

    @pytest.mark.full
    @pytest.mark.parametrize('training', [False, True])
    def test_compiles_to_one_graph(self, cfg, training):
        """A graph break is an error here."""
        torch._dynamo.reset()
        module = build(cfg).train(training)
        # Inductor's graph, run without its compiler.
        backend = 'aot_eager_decomp_partition'
        compiled = torch.compile(copy.deepcopy(module), fullgraph=True, backend=backend)
        inputs = self.inputs(cfg, (64, 96))
        self.check_rounding(cfg, training, inputs, module(inputs), compiled(inputs))

    def check_rounding(self, cfg, training, inputs, *outs):
        """Outputs in float32 are as near to float64 as the module's, or nearer 1e-5."""
        exact = build(cfg).double().train(training)(to_float64(inputs))
        maps = (x if isinstance(x, tuple) else (x,) for x in (exact, *outs))
        for true, eager, other in zip(*maps, strict=True):
            limit = max(1e-5, 2 * relative_error(eager, true))
            assert relative_error(other, true) < limit

    def test_copies(self, cfg):
        module = build(cfg).eval()
        self.check_equal(cfg, module, copy.deepcopy(module))
        self.check_equal(cfg, module, pickle.loads(pickle.dumps(module)))

    @pytest.mark.parametrize(
        'form',
        [
            None,
            *(pytest.param(form, marks=pytest.mark.full) for form in ON_A_GPU),
        ],
    )
    @pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
    @needs_cuda_build
    def test_all_is_on_the_gpu_where_the_inputs_are(self, cfg, dtype, form):
        """A tensor made on the CPU raises an error here, or is noted."""
        with default_dtype(dtype), torch.device('meta'):
            module = MODELS.build(copy.deepcopy(cfg)).train()
            if form:
                module = convert(module, form)
        with FakeTensorMode(), default_dtype(dtype):
            module._apply(lambda x: torch.empty(x.shape, dtype=x.dtype, device='cuda'))
            shapes = [x.shape for x in self.as_list(cfg)]
            inputs = [torch.empty(shape, device='cuda') for shape in shapes]
            inputs = inputs if isinstance(self, HeadTester) else inputs[0]
            with Strays() as strays:
                outs = self.outputs(module, inputs)
        assert not strays.names, strays.names
        assert {x.device.type for x in outs} == {'cuda'}
        assert {x.dtype for x in outs} == {dtype}

    def test_gradients_have_type_and_place_of_their_parameters(self, cfg):
        with default_dtype(torch.bfloat16), torch.device('meta'):
            module = MODELS.build(copy.deepcopy(cfg)).train()
            inputs = [torch.empty(x.shape) for x in self.as_list(cfg)]
        inputs = inputs if isinstance(self, HeadTester) else inputs[0]
        sum(x.sum() for x in self.outputs(module, inputs)).backward()
        for name, p in module.named_parameters():
            assert p.grad.is_meta and p.grad.dtype == p.dtype, name
        for x in self.outputs(deploy(module), inputs):
            assert x.is_meta and x.dtype == torch.bfloat16

    def test_gradients_have_the_strides_of_their_parameters(self, cfg):
        """Distributed training warns of others, and copies them."""
        module = build(cfg).train()
        for form in (None, *self.forms):
            if form:
                convert(module, form)
            module.zero_grad()
            outs = self.outputs(module, self.inputs(cfg, (64, 96)))
            sum(x.square().sum() for x in outs).backward()
            for name, p in module.named_parameters():
                assert p.grad.stride() == p.stride(), (form, name)

    def as_list(self, cfg):
        """The inputs of an image of 64 x 96 as a list."""
        inputs = self.inputs(cfg, (64, 96))
        return [inputs] if isinstance(inputs, torch.Tensor) else list(inputs)

    @torch.no_grad()
    def check_equal(self, cfg, *modules):
        """Compares the outputs of two modules, to the bit."""
        outs = [self.outputs(m, self.inputs(cfg, (64, 64))) for m in modules]
        assert all(map(torch.equal, *outs))

    def test_save_and_load(self, cfg, tmp_path):
        module, other = build(cfg).eval(), MODELS.build(copy.deepcopy(cfg)).eval()
        torch.save(module.state_dict(), tmp_path / 'weights.pth')
        other.load_state_dict(torch.load(tmp_path / 'weights.pth', weights_only=True))
        inputs = self.inputs(cfg, (64, 64))
        pairs = zip(
            self.outputs(module, inputs), self.outputs(other, inputs), strict=True
        )
        assert all(torch.equal(a, b) for a, b in pairs)


class BackboneTester(ModuleTester):
    """Adds what backbones share."""

    def inputs(self, cfg, size):
        channels = cfg.get('in_channels', 3)
        return image(2, channels, *size).float()

    def check_shapes(self, module, cfg, size, outs):
        indices = cfg.get('out_indices', (0, 1, 2, 3))
        expected = [
            (2, c, *(-(-n // 2 ** (i + 2)) for n in size))
            for i, c in zip(indices, module.out_channels, strict=True)
        ]
        assert [tuple(x.shape) for x in outs] == expected


class HeadTester(ModuleTester):
    """Adds what decode heads share: the maps of a backbone as input."""

    def inputs(self, cfg, size):
        return [
            image(2, c, *(-(-n // 2 ** (i + 2)) for n in size)).float()
            for i, c in enumerate(cfg['in_channels'])
        ]

    def check_shapes(self, module, cfg, size, outs):
        expected = (2, cfg['num_classes'], -(-size[0] // 4), -(-size[1] // 4))
        assert [tuple(x.shape) for x in outs] == [expected]
