"""Damaged pictures and JSON files of annotations: right pixels, or one line."""

import copy
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faults.test_fuzz_files import damaged
from mmseg_hrvit.apis.inputs import read_image
from mmseg_hrvit.datasets.image_files import check_label_file, read_colour_map
from mmseg_hrvit.datasets.image_header import Header
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.preparation.converters.coco import read_coco
from mmseg_hrvit.preparation.converters.labelme import read_labelme
from mmseg_hrvit.preparation.converters.orientation import read_upright

SIZE = (24, 36)
NUMBERS = np.random.default_rng(0).integers(0, 9, SIZE, dtype=np.uint8)
HEADER = Header(kind='JPEG', mode='RGB', size=SIZE, bits=8, channels=3)
POLYGON = [[0, 0], [17, 0], [17, 11], [0, 11]]


def drawn(kind):
    file = io.BytesIO()
    image = Image.fromarray(NUMBERS)
    image.convert('RGB' if kind == 'WEBP' else 'L').save(file, kind)
    return file.getvalue()


def tell(function, *args):
    """Calls a function; returns None if it refuses, which the tools tell in a line."""
    try:
        return function(*args)
    except InputError as error:
        assert str(error)
        return None


@pytest.mark.parametrize('kind', ['PNG', 'TIFF', 'BMP', 'GIF', 'WEBP'])
@given(data=st.data())
def test_pictures(tmp_path, kind, data):
    path = tmp_path / f'file.{kind.lower()}'
    path.write_bytes(data.draw(damaged(drawn(kind))))
    for read in (check_label_file, read_colour_map, read_image):
        pixels = tell(read, str(path))
        assert pixels is None or pixels.dtype == np.uint8


LABELME = dict(
    imagePath='a.jpg',
    imageData=None,
    imageHeight=SIZE[0],
    imageWidth=SIZE[1],
    shapes=[
        dict(label='car', points=POLYGON, shape_type='polygon'),
        dict(label='road', points=POLYGON[::2], shape_type='rectangle'),
        dict(label='pole', points=POLYGON[:2], shape_type='circle'),
        dict(label='sky', points=POLYGON[:2], shape_type='mask', mask='AAAA'),
    ],
)
COCO = dict(
    images=[dict(id=1, file_name='a.jpg', height=SIZE[0], width=SIZE[1])],
    categories=[dict(id=3, name='car'), dict(id=4, name='road')],
    annotations=[
        dict(id=1, image_id=1, category_id=3, segmentation=[[0, 0, 9, 0, 9, 9]]),
        dict(
            id=2,
            image_id=1,
            category_id=4,
            segmentation=dict(size=[*SIZE], counts=[100, 50, 714]),
        ),
        dict(
            id=3,
            image_id=1,
            category_id=4,
            segmentation=dict(size=[*SIZE], counts='T3b1Zf0'),
        ),
    ],
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([[], {}, [[]], [0, 0, 9, 9], '..', '/a.jpg', 'C:\\a.jpg', 1e8]),
)


@st.composite
def spoilt(draw, whole):
    """A file in which some values are others, and some keys are missing."""
    data = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        node, keys = data, [*data]
        while True:
            key = draw(st.sampled_from(keys))
            child = node[key]
            if not isinstance(child, dict | list) or not child or draw(st.booleans()):
                break
            node, keys = (
                child,
                [*child] if isinstance(child, dict) else range(len(child)),
            )
        if isinstance(node, dict) and len(node) > 1 and draw(st.booleans()):
            del node[key]
        else:
            node[key] = copy.deepcopy(draw(JUNK))
    return json.dumps(data)


def read_all(read, *args):
    """Reads a source and draws all its label maps."""
    source = tell(read, *args)
    for pair in source.pairs if source else []:
        assert pair.image.is_file()
        labels = tell(read_upright, pair, HEADER)
        if labels is not None:
            assert labels.shape == SIZE and labels.dtype == np.uint8
            known = {*range(len(source.classes)), 255}
            assert {*np.unique(labels).tolist()} <= known


@pytest.fixture
def folder(tmp_path):
    Image.new('RGB', SIZE[::-1]).save(tmp_path / 'a.jpg')
    return tmp_path


@pytest.mark.parametrize('background', [None, 'other'])
@given(text=spoilt(LABELME))
def test_labelme(folder, background, text):
    (folder / 'a.json').write_text(text)
    read_all(read_labelme, folder, background, [])


@pytest.mark.parametrize('background', [None, 'other'])
@given(text=spoilt(COCO))
def test_coco(folder, background, text):
    pytest.importorskip('pycocotools')
    (folder / 'a.json').write_text(text)
    read_all(read_coco, folder / 'a.json', folder, background, [])


@given(text=st.text(max_size=40) | st.binary(max_size=40).map(repr))
def test_what_is_no_json(folder, text):
    (folder / 'a.json').write_text(text, encoding='utf-8', errors='replace')
    assert tell(read_labelme, folder, None, []) is None
    assert tell(read_coco, folder / 'a.json', folder, None, []) is None


def test_whole_files_are_drawn(folder):
    pytest.importorskip('pycocotools')
    whole = dict(LABELME, shapes=LABELME['shapes'][:3])
    for data, read in ((whole, read_labelme), (COCO, None)):
        (folder / 'a.json').write_text(json.dumps(data))
        args = folder, 'other', []
        source = read(*args) if read else read_coco(folder / 'a.json', *args)
        labels = read_upright(source.pairs[0], HEADER)
        assert len(np.unique(labels)) >= 3
        with pytest.raises(DataError):
            read_upright(source.pairs[0], Header('', '', (9, 9), 8, 3))
