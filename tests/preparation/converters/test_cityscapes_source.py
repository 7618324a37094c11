import json
import sys

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from data import make_cityscapes
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.converters.cityscapes import convert_cityscapes
from mmseg_hrvit.preparation.survey import survey
from own_data import write_polygons


@pytest.fixture
def root(tmp_path):
    pytest.importorskip('cityscapesscripts')
    return make_cityscapes(tmp_path / 'city')


@pytest.fixture
def expected(root):
    return write_polygons(root)


def read(path):
    return np.asarray(Image.open(path))


def test_label_files_are_drawn_beside_the_polygons(root, expected):
    assert convert_cityscapes(root, workers=1) == []
    files = sorted(root.rglob('*_labelTrainIds.png'))
    assert len(files) == 4
    for file in files:
        assert np.array_equal(read(file), expected)
    assert not list(root.rglob('*.part*'))


def test_the_config_beside_it_finds_all(root, expected):
    convert_cityscapes(root, workers=1)
    cfg = Config.fromfile(root / 'city.py')
    for split in ('train', 'val', 'test'):
        found = survey(cfg, split, workers=1)
        assert (found.samples, found.faults) == (2, [])


@pytest.mark.parametrize(
    'text',
    ['{', '{}', '{"imgHeight": 9, "imgWidth": 9, "objects": [{"label": "cow"}]}'],
)
def test_broken_polygons_are_named_and_left_out(root, expected, text):
    broken = sorted(root.rglob('*_polygons.json'))[0]
    broken.write_text(text)
    (fault,) = convert_cityscapes(root, workers=1)
    assert fault.startswith(f'{broken} cannot be drawn')
    assert len(list(root.rglob('*_labelTrainIds.png'))) == 3


def test_an_unknown_class_does_not_end_the_work(root, expected):
    broken = sorted(root.rglob('*_polygons.json'))[0]
    data = json.loads(broken.read_text())
    data['objects'][1]['label'] = 'cow'  # the scripts exit at it
    broken.write_text(json.dumps(data))
    assert len(convert_cityscapes(root, workers=1)) == 1


def test_a_folder_of_another_kind_is_refused(root, expected, tmp_path):
    with pytest.raises(InputError, match='no leftImg8bit'):
        convert_cityscapes(tmp_path / 'no', workers=1)
    for path in root.rglob('*_polygons.json'):
        path.write_text('')
    with pytest.raises(InputError, match='no label file could be drawn'):
        convert_cityscapes(root, workers=1)


def test_without_the_scripts_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'cityscapesscripts', None)
    monkeypatch.delitem(
        sys.modules, 'cityscapesscripts.preparation.json2labelImg', raising=False
    )
    monkeypatch.delitem(sys.modules, 'cityscapesscripts.preparation', raising=False)
    with pytest.raises(InputError, match='pip install cityscapesscripts'):
        convert_cityscapes(tmp_path, workers=1)
