import numpy as np
import pytest

from data import draw_pair
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.converters.source import (
    kept_classes,
    list_images,
    make_palette,
    number_classes,
)


def test_classes_are_numbered_in_order():
    labels = number_classes(['b', 'a', 'void'], None, ['void'])
    assert labels == dict(b=0, a=1, void=255)
    assert kept_classes(labels) == ['b', 'a']


def test_the_background_is_the_first_class_and_may_be_named_too():
    assert number_classes(['a', 'rest'], 'rest', []) == dict(rest=0, a=1)
    assert number_classes(['a'], 'rest', []) == dict(rest=0, a=1)


@pytest.mark.parametrize(
    ('names', 'ignored', 'what'),
    [
        (['a'], [], 'the only class is a, but two are needed: name more'),
        (['a', 'b'], ['b'], 'the only class is a'),
        (['a'], ['a'], 'there is no class'),
        ([str(i) for i in range(255)], [], '255 classes, but'),
        (['a', 'b', 'c'], ['x'], '--ignore x: the classes are a, b, c'),
        (['caf\u00e9', 'cafe\u0301'], [], r"'cafe\\u0301'\) differ only in"),
        (['car', 'car\u200b'], [], r"'car\\u200b'\) differ only in"),
        (['\uff43ar', 'Car'], [], r"'\\uff43ar' and 'Car'\) differ only in"),
        (['car', ''], [], 'a class has no name'),
        (['car', '\u200b'], [], 'a class has no name'),
    ],
)
def test_what_is_no_choice_of_classes_is_refused(names, ignored, what):
    with pytest.raises(InputError, match=what):
        number_classes(names, None, ignored)


def test_a_background_without_a_name_is_refused():
    with pytest.raises(InputError, match='a class has no name'):
        number_classes(['a', 'b'], ' ', [])


def test_a_background_alone_is_refused_with_other_advice():
    with pytest.raises(InputError, match='two are needed: annotate more classes'):
        number_classes([], 'rest', [], '--background NAME makes one')


def test_letters_and_signs_make_names_differ():
    names = ['caf\u00e9', 'cafe', 'c\u00e4fe', '\u8eca', 'car', 'car-2', 'car+2']
    assert [*number_classes(names, None, [])] == names


def test_colours_differ():
    palette = np.array(make_palette(40))
    distances = abs(palette[:, None] - palette[None]).sum(-1)
    assert distances[~np.eye(40, dtype=bool)].min() > 15
    assert palette.min() >= 0 and palette.max() <= 255


def test_images_are_found_below_a_folder(tmp_path):
    for name in ('a.jpg', 'b/c.png'):
        draw_pair(tmp_path / name, tmp_path.parent / 'unused.png', [0])
    for name in ('b/d.HEIC', 'notes.txt'):
        (tmp_path / name).touch()
    assert list_images(tmp_path) == (
        {'a': tmp_path / 'a.jpg', 'b/c': tmp_path / 'b/c.png'},
        {'b/d': tmp_path / 'b/d.HEIC'},
    )


def test_folders_that_do_not_do_are_refused(tmp_path):
    with pytest.raises(InputError, match='no folder'):
        list_images(tmp_path / 'no')
    (tmp_path / 'a.heic').touch()
    with pytest.raises(InputError, match='no image there'):
        list_images(tmp_path)
    for name in ('a.jpg', 'a.png'):
        draw_pair(tmp_path / name, tmp_path.parent / 'unused.png', [0])
    with pytest.raises(InputError, match='the same name but for the suffix'):
        list_images(tmp_path)
