import json
import sys

import numpy as np
import pytest

from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.preparation.converters import coco
from mmseg_hrvit.preparation.converters.coco import read_coco
from own_data import NAMES, SIZE, draw_streets, write_coco


@pytest.fixture
def path(tmp_path):
    pytest.importorskip('pycocotools')
    write_coco(tmp_path / 'coco.json', draw_streets(tmp_path, 2), 'counts')
    return tmp_path / 'coco.json'


@pytest.mark.parametrize('kind', ['counts', 'packed'])
def test_runs_of_streets_come_back(path, kind):
    labels = draw_streets(path.parent, 2)
    write_coco(path, labels, kind)
    source = read_coco(path, path.parent, 'other', [])
    assert source.classes == ['other', *NAMES[1:]]
    assert len(source.pairs) == 2 and source.faults == []
    for pair in source.pairs:
        assert np.array_equal(pair.read_labels(SIZE), labels[pair.name])


def test_polygons_of_streets_come_back(path):
    labels = draw_streets(path.parent, 2)
    write_coco(path, labels, 'polygons')
    for pair in read_coco(path, path.parent, 'other', []).pairs:
        # An outline has no holes: what is drawn later fills most of them.
        same = pair.read_labels(SIZE) == labels[pair.name]
        assert same.mean() > 0.97


def test_the_small_lies_over_the_large(path):
    change(path, lambda data: data.update(annotations=[square(5, 1), square(40, 2)]))
    drawn = read_coco(path, path.parent, None, []).pairs[0].read_labels(SIZE)
    assert (drawn[:5, :5] == 0).all()
    assert (drawn == 0).sum() == 25
    assert (drawn == 1).sum() == 40 * 40 - 25
    assert (drawn[40:] == 255).all()


def square(side, category):
    polygon = [0, 0, side, 0, side, side, 0, side]
    return dict(id=7, image_id=0, category_id=category, segmentation=[polygon])


def change(path, function):
    data = json.loads(path.read_text())
    function(data)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ('annotation', 'what'),
    [
        (dict(square(5, 1), segmentation=None), 'annotation 7 cannot be drawn'),
        (dict(square(5, 1), segmentation=[[1, 2]]), 'annotation 7 cannot be drawn'),
        (square(5, 99), 'annotation 7 is of category 99'),
        (
            dict(square(5, 1), segmentation=dict(size=[2, 2], counts=[0, 4])),
            r'annotation 7 .* has the size \[2, 2\], but',
        ),
    ],
)
def test_a_broken_annotation_is_named(path, annotation, what):
    change(path, lambda data: data.update(annotations=[annotation]))
    first, second = read_coco(path, path.parent, 'other', []).pairs
    with pytest.raises(DataError, match=what):
        first.read_labels(SIZE)
    assert not second.read_labels(SIZE).any()


def test_a_missing_image_is_named(path):
    (path.parent / 'street_1.jpg').unlink()
    source = read_coco(path, path.parent, None, [])
    assert [pair.name for pair in source.pairs] == ['street_0']
    assert 'street_1.jpg is missing' in source.faults[0]


def test_an_image_in_another_folder_is_not_taken_for_a_missing_one(path):
    """street_0.jpg is there, but not set/street_0.jpg."""
    change(path, lambda data: data['images'][0].update(file_name='set/street_0.jpg'))
    source = read_coco(path, path.parent, None, [])
    assert [pair.name for pair in source.pairs] == ['street_1']
    assert 'set/street_0.jpg is missing' in source.faults[0]


def test_without_their_folders_images_are_found_by_name(path):
    def move(data):
        for image in data['images']:
            image['file_name'] = 'set/' + image['file_name']

    change(path, move)
    source = read_coco(path, path.parent, None, [])
    assert [pair.name for pair in source.pairs] == ['street_0', 'street_1']


@pytest.mark.parametrize('text', ['{', '[]', '{"images": []}', '{"images": [1]}'])
def test_what_is_no_file_of_coco_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(InputError, match=r'coco\.json'):
        read_coco(path, path.parent, None, [])


def test_without_pycocotools_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pycocotools', None)
    with pytest.raises(InputError, match='pip install pycocotools'):
        coco.read_coco(tmp_path / 'coco.json', tmp_path, None, [])
