import json

import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.preparation.converters.masks import read_mask, read_masks, read_table
from own_data import (
    COLOURS,
    NAMES,
    SIZE,
    dict_of_colours,
    draw_streets,
    write_masks,
    write_table,
)


@pytest.fixture
def labels(tmp_path):
    labels = draw_streets(tmp_path / 'images', 2)
    write_masks(tmp_path / 'masks', labels)
    return labels


def read(root, ignored=('unlabelled',)):
    table = read_table(write_table(root / 'colours.csv'))
    return read_masks(root / 'images', root / 'masks', table, ignored)


def test_colours_become_labels(tmp_path, labels):
    source = read(tmp_path)
    assert source.classes == NAMES[1:]
    assert source.palette == COLOURS[1:]
    assert source.faults == []
    for pair in source.pairs:
        expected = labels[pair.name].astype(int) - 1
        expected[expected < 0] = 255
        assert np.array_equal(pair.read_labels(SIZE), expected)


def test_without_ignored_classes_all_are_kept(tmp_path, labels):
    source = read(tmp_path, ignored=())
    assert source.classes == NAMES
    for pair in source.pairs:
        assert np.array_equal(pair.read_labels(SIZE), labels[pair.name])


def test_a_class_may_have_several_colours(tmp_path):
    colours = [[0, 0, 1], [0, 0, 2], [9, 9, 9]]
    path = tmp_path / 'mask.png'
    Image.fromarray(np.array([colours], np.uint8)).save(path)
    table = {(9, 9, 9): 1, (0, 0, 2): 0, (0, 0, 1): 0}
    assert read_mask((1, 3), path, table).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize('colour', [(0, 0, 0), (1, 2, 4), (255, 255, 255)])
def test_an_unknown_colour_is_named(tmp_path, colour):
    path = tmp_path / 'mask.png'
    Image.fromarray(np.array([[(1, 2, 3), colour]], np.uint8)).save(path)
    with pytest.raises(DataError) as error:
        read_mask((1, 2), path, {(1, 2, 3): 0})
    assert str(path) in str(error.value) and str(colour) in str(error.value)


def test_what_has_no_partner_is_named(tmp_path, labels):
    (tmp_path / 'masks/street_0.png').rename(tmp_path / 'masks/other.png')
    source = read(tmp_path)
    assert [pair.name for pair in source.pairs] == ['street_1']
    first, second = source.faults
    assert 'street_0.jpg has no label map' in first
    assert 'other.png has no image' in second


def test_names_of_label_maps_may_have_an_ending(tmp_path, labels):
    for path in tmp_path.glob('masks/*'):
        path.rename(path.with_name(f'{path.stem}_L.png'))
    table = list(dict_of_colours().items())
    source = read_masks(tmp_path / 'images', tmp_path / 'masks', table, [], '_L')
    assert [pair.name for pair in source.pairs] == ['street_0', 'street_1']
    assert source.faults == []


def test_images_may_have_the_ending_too(tmp_path):
    """Of a and a_L, in another folder than a_L and a_L_L."""
    labels = draw_streets(tmp_path / 'images', 2)
    write_masks(tmp_path / 'masks', labels)
    (tmp_path / 'images/street_1.jpg').rename(tmp_path / 'images/street_0_L.jpg')
    (tmp_path / 'masks/street_0.png').rename(tmp_path / 'masks/street_0_L.png')
    (tmp_path / 'masks/street_1.png').rename(tmp_path / 'masks/street_0_L_L.png')
    table = list(dict_of_colours().items())
    source = read_masks(tmp_path / 'images', tmp_path / 'masks', table, [], '_L')
    assert [pair.name for pair in source.pairs] == ['street_0', 'street_0_L']
    assert source.faults == []


@pytest.mark.parametrize('name', ['images/street_0.jpg', 'masks/street_0.png'])
def test_a_partner_of_another_format_is_named(tmp_path, labels, name):
    path = tmp_path / name
    path.rename(path.with_suffix('.HEIC'))
    (fault,) = read(tmp_path).faults
    assert f'{path.with_suffix(".HEIC")} has a format that is not read' in fault


def test_a_json_table_is_the_same(tmp_path):
    path = tmp_path / 'colours.json'
    path.write_text(json.dumps(dict_of_colours()))
    assert read_table(path) == read_table(write_table(tmp_path / 'colours.csv'))


@pytest.mark.parametrize(
    ('name', 'text', 'what'),
    [
        ('t.csv', 'class,r,g,b\na,1,2,3', "first line is 'class,r,g,b', but must be"),
        ('t.csv', '', "the first line is '', but must be name,r,g,b"),
        (
            't.csv',
            'name;r;g;b\na;1;2;3',
            "first line is 'name;r;g;b', but must be name,r,g,b, with commas",
        ),
        ('t.csv', 'name\tr\tg\tb', r"first line is 'name\\tr\\tg\\tb', but must be"),
        ('t.csv', 'name,colour\na,#ff0000', "is 'name,colour', but must be .* numbers"),
        ('t.JSON', '[]', 'write it as'),
        ('t.csv', 'name,r,g,b\na,1,2', 'a has the colour'),
        ('t.csv', 'name,r,g,b\na,1,2,x', 'a has the colour'),
        ('t.csv', 'name,r,g,b\na,1,2,256', 'a has the colour'),
        ('t.csv', 'name,r,g,b\na,1,2,3\nb,1,2,3', 'have the same colour'),
        ('t.csv', 'name,r,g,b\na,1,2,3\n ,4,5,6', r't.csv: \(4, 5, 6\) has no name'),
        ('t.json', '{"": [4, 5, 6]}', r't.json: \(4, 5, 6\) has no name'),
        ('t.json', '{"a": 3}', 'a has the colour'),
        ('t.json', '[]', 'write it as'),
        ('t.json', '{', 'cannot be read as JSON'),
        ('t.json', '{"a": [1, 2, "x"]}', 'a has the colour'),
        ('t.json', '{"a": "123"}', 'a has the colour'),
        ('t.json', '{"a": [200.9, 0, 0]}', 'give three whole numbers'),
        ('t.json', '{"a": [200, 0, true]}', 'give three whole numbers'),
        ('t.json', '{"a": [1, 1, 1], "a": [2, 2, 2]}', "the key 'a' occurs twice"),
    ],
)
def test_a_broken_table_is_one_line(tmp_path, name, text, what):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=what):
        read_table(tmp_path / name)


def test_a_missing_table_is_one_line(tmp_path):
    with pytest.raises(InputError, match='cannot be read'):
        read_table(tmp_path / 'no.csv')
