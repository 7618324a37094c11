"""Random bytes, truncated files and hostile pickles in the place of real files."""

import io
import os
import pickle
import pickletools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmseg.datasets import ADE20KDataset
from PIL import Image
from safetensors.torch import save as to_safetensors

from data import make_ade20k
from mmseg_hrvit.checkpoints import load_from_local
from mmseg_hrvit.datasets.checked_pipeline import check_samples
from mmseg_hrvit.errors import DataError, InputError

WEIGHTS = dict(w=torch.arange(12.0).view(3, 4), b=torch.ones(2, dtype=torch.int64))
TRACE = 'MMSEG_HRVIT_TRACE'  # set in the environment by code that should not run


def saved(zipped):
    file = io.BytesIO()
    torch.save(
        dict(state_dict=WEIGHTS, meta=dict(iter=3)),
        file,
        _use_new_zipfile_serialization=zipped,
    )
    return file.getvalue()


def drawn(kind):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 150, (96, 128), dtype=np.uint8)
    Image.fromarray(pixels).convert('RGB' if kind == 'JPEG' else 'L').save(file, kind)
    return file.getvalue()


@st.composite
def damaged(draw, whole):
    """A file with its end cut off, some bytes changed, or all of them random."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=200))
    content = bytearray(whole[: draw(st.integers(0, len(whole)))])
    for _ in range(draw(st.integers(0, 8))):
        if content:
            content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content)


def load(path, content):
    """Loads a file with this content; returns None if it is refused in one line."""
    path.write_bytes(content)
    try:
        return load_from_local(path)
    except InputError as error:
        assert str(error).startswith(f'{path}: ')
        assert '\n' not in str(error)
        return None


@given(content=st.one_of(damaged(saved(True)), damaged(saved(False))))
def test_checkpoints(tmp_path, content):
    loaded = load(tmp_path / 'damaged.pth', content)
    assert loaded is None or isinstance(loaded, dict)


@given(content=damaged(to_safetensors(WEIGHTS)))
def test_safetensors(tmp_path, content):
    loaded = load(tmp_path / 'damaged.safetensors', content)
    assert loaded is None or set(loaded) == {'state_dict', 'meta'}


class Call:
    """Calls a function when it is unpickled."""

    def __init__(self, function, args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def leave_trace(*args):
    os.environ[TRACE] = 'it ran'


FUNCTIONS = (leave_trace, os.system, eval, exec, getattr, __import__, os.putenv)
ARGUMENTS = st.one_of(
    st.just((f'{TRACE}=1',)),
    st.just((f"__import__('os').environ.setdefault('{TRACE}', '1')",)),
    st.tuples(st.just(os), st.just('system')).map(lambda pair: (str(pair[0]), pair[1])),
    st.tuples(st.just(TRACE), st.just('1')),
)
NODES = st.recursive(
    st.builds(Call, st.sampled_from(FUNCTIONS), ARGUMENTS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2),
        st.dictionaries(st.sampled_from('ab'), inner, min_size=1),
        st.builds(Call, st.sampled_from(FUNCTIONS), st.tuples(inner)),
    ),
    max_leaves=4,
)


@given(
    node=NODES,
    protocol=st.integers(0, pickle.HIGHEST_PROTOCOL),
    way=st.sampled_from(['zip', 'legacy', 'bare', 'optimized']),
)
def test_pickles_that_would_run_code(tmp_path, node, protocol, way):
    file = io.BytesIO()
    if way in ('zip', 'legacy'):
        torch.save(
            dict(state_dict=WEIGHTS, meta=node),
            file,
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=way == 'zip',
        )
    else:
        file.write(pickle.dumps(dict(meta=node), protocol))
    content = file.getvalue()
    if way == 'optimized':
        content = pickletools.optimize(content)
    assert load(tmp_path / 'hostile.pth', content) is None
    assert TRACE not in os.environ


@pytest.fixture
def dataset(tmp_path):
    root = make_ade20k(tmp_path / 'data', num_images=1)
    dataset = ADE20KDataset(
        data_root=str(root),
        data_prefix=dict(
            img_path='images/training', seg_map_path='annotations/training'
        ),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='LoadAnnotations'),
            dict(type='mmseg_hrvit.CheckAnnotations'),
            dict(type='PackSegInputs'),
        ],
        test_mode=True,
    )
    check_samples(dataset, 0.0)
    return dataset


def read_sample(dataset, key, content):
    """Reads the sample with this content in one of its files."""
    path = dataset.get_data_info(0)[key]
    with open(path, 'rb') as file:
        whole = file.read()
    try:
        with open(path, 'wb') as file:
            file.write(content)
        sample = dataset[0]
    except DataError as error:
        assert path in str(error)
        assert '\n' not in str(error)
        return
    finally:
        with open(path, 'wb') as file:
            file.write(whole)
    labels = sample['data_samples'].gt_sem_seg.data
    assert sample['inputs'].shape[1:] == labels.shape[1:]
    assert all(value < 150 or value == 255 for value in labels.unique())


@given(content=damaged(drawn('JPEG')))
def test_images(dataset, content):
    read_sample(dataset, 'img_path', content)


@given(content=damaged(drawn('PNG')))
def test_label_maps(dataset, content):
    read_sample(dataset, 'seg_map_path', content)
