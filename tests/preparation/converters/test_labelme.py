import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.converters.labelme import read_labelme
from own_data import (
    NAMES,
    SIZE,
    draw_streets,
    labelme_mask,
    write_labelme,
    write_shapes,
)


def test_masks_of_streets_come_back(tmp_path):
    labels = draw_streets(tmp_path, 3)
    write_labelme(tmp_path, labels)
    source = read_labelme(tmp_path, 'other', [])
    assert source.classes == ['other', *sorted(NAMES[1:])]
    assert len(source.palette) == len(source.classes)
    numbers = np.array([source.classes.index(n) for n in ['other', *NAMES[1:]]])
    assert len(source.pairs) == 3 and source.faults == []
    for pair in source.pairs:
        assert np.array_equal(pair.read_labels(SIZE), numbers[labels[pair.name]])


def spoil(tmp_path, text):
    labels = draw_streets(tmp_path, 2)
    write_labelme(tmp_path, labels)
    (tmp_path / 'street_0.json').write_text(text)
    return read_labelme(tmp_path, None, [])


@pytest.mark.parametrize(
    'text',
    ['{', '[]', '{}', '{"imagePath": "street_0.jpg", "shapes": [{"label": "a"}]}'],
)
def test_a_broken_file_is_named_and_left_out(tmp_path, text):
    source = spoil(tmp_path, text)
    assert [pair.name for pair in source.pairs] == ['street_1']
    assert len(source.faults) == 1 and 'street_0.json' in source.faults[0]


def test_a_missing_image_is_named(tmp_path):
    (fault,) = spoil(tmp_path, '{"imagePath": "no.jpg", "shapes": []}').faults
    assert 'no.jpg is missing' in fault


def test_an_image_without_shapes_is_background(tmp_path):
    write_labelme(tmp_path, draw_streets(tmp_path, 2))
    write_shapes(tmp_path / 'street_0.json', [])
    pairs = {p.name: p for p in read_labelme(tmp_path, 'other', []).pairs}
    assert not pairs['street_0'].read_labels(SIZE).any()


def test_labelmes_own_name_for_what_is_ignored_is_no_class(tmp_path):
    labels = draw_streets(tmp_path, 1)['street_0']
    shapes = [labelme_mask('__ignore__', labels == 3), labelme_mask('a', labels == 2)]
    write_shapes(tmp_path / 'street_0.json', shapes)
    source = read_labelme(tmp_path, 'other', [])
    assert source.classes == ['other', 'a']
    drawn = source.pairs[0].read_labels(SIZE)
    assert np.array_equal(drawn == 255, labels == 3)


def test_a_folder_without_annotations_is_refused(tmp_path):
    with pytest.raises(InputError, match='no JSON file'):
        read_labelme(tmp_path, None, [])
    write_shapes(tmp_path / 'a.json', [])
    Image.new('RGB', (4, 4)).save(tmp_path / 'a.jpg')
    with pytest.raises(InputError, match='no shape with a label'):
        read_labelme(tmp_path, 'other', [])
