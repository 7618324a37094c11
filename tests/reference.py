"""Deterministic weights, and what the authors' networks output for them.

``fill_state`` gives every entry of a state_dict a value that depends on its name
and shape alone; the golden outputs were computed for weights filled under the
authors' entry names. At the default initialisation the attention's BatchNorm is
zero and a broken attention would pass, so numerical tests use these weights.
"""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

REFERENCE = Path(__file__).parents[2] / 'shared' / 'reference'
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason='the folder with the golden outputs is not here'
)

# Our names -> the authors', innermost first.
AUTHORS_NAMES = [
    (r'\.norm1\.', '.attn_norm.'),
    (r'\.norm2\.', '.ffn_norm.'),
    (r'\.attn\.qv\.', '.attn.to_qkv.'),
    (r'\.attn\.proj\.', '.attn.to_out.0.'),
    (r'\.attn\.bn\.', '.attn.attn_bn.'),
    (r'\.parallel_conv\.', '.parallel_conv.1.'),
    (r'\.ffn\.dwconv(\d)\.', r'.ffn.conv.conv_\1.'),
    (r'\.branches\.(\d)\.blocks\.', r'.branches.\1.'),
    (r'\.branches\.(\d)\.patch_embed\.pointwise', r'.patch_embed.\1.proj.0'),
    (r'\.branches\.(\d)\.patch_embed\.depthwise', r'.patch_embed.\1.proj.1'),
    (r'\.branches\.(\d)\.patch_embed\.norm', r'.patch_embed.\1.norm'),
    (r'\.branches\.(\d)\.norm\.', r'.norm.\1.'),
    (r'\.fusion\.paths\.', '.blocks.'),
    (r'\.depthwise\.', '.0.'),
    (r'\.bn1\.', '.1.'),
    (r'\.bn2\.', '.3.'),
]


def authors_name(name):
    """The authors' name of an entry of our backbone."""
    if name.startswith('stem.'):
        return name
    number = int(name.split('.')[1])
    fusion_offset = 0 if '.fusion.' in name else 1
    if '.fusion.' in name:
        j, i = map(int, re.search(r'paths\.(\d)\.(\d)', name).groups())
        name = name.replace('.pointwise.', '.2.' if i < j else '.0.')
        name = name.replace('.bn.', '.1.')
    for pattern, replacement in AUTHORS_NAMES:
        name = re.sub(pattern, replacement, name)
    return re.sub(r'^hr_modules\.\d', f'features.{2 * number + fusion_offset}', name)


def _rng(name):
    return np.random.default_rng(zlib.crc32(f'0/{name}'.encode()))


def fill_entry(name, shape):
    """The value of one entry: the end of its name decides which kind it is."""
    noise = _rng(name).standard_normal(tuple(shape))
    kind = name.rsplit('.', 1)[-1]
    if kind == 'num_batches_tracked':
        noise = np.zeros(tuple(shape))
    elif kind in ('running_mean', 'bias'):
        noise = 0.1 * noise
    elif kind == 'running_var':
        noise = 1.0 + 0.2 * np.abs(noise)
    elif len(shape) == 1:
        noise = 1.0 + 0.1 * noise
    else:
        noise = noise / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(np.asarray(noise))


def fill(module, rename=lambda name: name):
    """Fills all entries of ``module`` by their names, and returns it."""
    state = {
        name: fill_entry(rename(name), value.shape)
        for name, value in module.state_dict().items()
    }
    module.load_state_dict(state)
    return module


def image(*shape):
    """A standard-normal batch of ``shape`` (N, 3, H, W), float64."""
    return torch.from_numpy(_rng('image').standard_normal(shape))


def relative_error(actual, expected):
    """L2 norm of the difference over that of ``expected``."""
    actual, expected = actual.detach().double(), expected.detach().double()
    return float((actual - expected).norm() / expected.norm())


def training_step(module, inputs):
    """Outputs and gradients of a pass through a module, by name.

    ``inputs`` is what the module takes: a tensor, or a list of tensors.
    """
    module.zero_grad()
    torch.manual_seed(0)  # of drop-path and dropout
    is_list = isinstance(inputs, list)
    leaves = [x.clone().requires_grad_() for x in (inputs if is_list else [inputs])]
    outs = module(leaves if is_list else leaves[0])
    outs = list(outs.values()) if isinstance(outs, dict) else outs
    outs = [outs] if isinstance(outs, torch.Tensor) else outs
    sum((x * image(*x.shape).to(x)).sum() for x in outs).backward()
    return {
        **{f'output {i}': x.detach() for i, x in enumerate(outs)},
        **{f'input {i}': x.grad for i, x in enumerate(leaves)},
        **{name: p.grad.clone() for name, p in module.named_parameters()},
    }


def check_same_function(module, oracle, inputs):
    """Compares outputs, gradients and running statistics in training, in float64.

    Parameters have the same names in both modules. Returns the outputs.
    """
    actual, expected = (
        training_step(fill(m).double().train(), inputs) | dict(m.named_buffers())
        for m in (module, oracle)
    )
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        # A bias in front of a BatchNorm has no gradient but rounding noise.
        torch.testing.assert_close(
            actual[name], value, rtol=1e-9, atol=1e-9, msg=lambda m, n=name: f'{n}: {m}'
        )
    return [x for name, x in actual.items() if name.startswith('output')]


def digest(x):
    """Three figures that a wrong map does not share: its norm, two projections."""
    x = x.detach().double().flatten().numpy()
    signs = np.sign(_rng('digest').standard_normal((2, x.size)))
    return [float(np.linalg.norm(x)), *(float(p) for p in signs @ x)]
