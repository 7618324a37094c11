import numpy as np
import pytest

from export_data import build_small
from mmseg_hrvit.apis.areas import count_areas, write_areas
from mmseg_hrvit.apis.overlay import LINE, draw_legend, draw_overlay


@pytest.fixture
def metadata():
    return build_small('hrvit_b1_camvid')[1]


def test_colours_are_mixed_and_the_legend_names_what_is_seen(metadata):
    image = np.full((30, 400, 3), 100, np.uint8)
    labels = np.zeros((30, 400), np.int64)
    labels[:, 200:] = 3  # road: (128, 64, 128)
    picture = draw_overlay(image, labels, metadata, opacity=0.5)
    assert picture.shape == (30 + LINE, 400, 3)
    assert picture[0, 399].tolist() == [114, 82, 114]
    flat = picture[30:].reshape(-1, 3).tolist()
    assert [128, 64, 128] in flat
    assert [128, 128, 128] in flat
    assert [0, 0, 128] not in flat  # building, which is not there


def test_a_narrow_legend_has_more_rows():
    colours = np.zeros((3, 3), np.uint8)
    names = ['one', 'two', 'three']
    assert len(draw_legend(names, colours, 400)) == LINE
    assert len(draw_legend(names, colours, 60)) == 3 * LINE


def test_areas_as_csv_and_json(metadata, tmp_path):
    labels = np.array([[0, 0, 3], [3, 3, 10]])
    areas = count_areas(labels, metadata)
    assert sum(areas.values()) == 6
    assert (areas['sky'], areas['road'], areas['bicyclist']) == (2, 3, 1)
    write_areas([('a.jpg', areas)], tmp_path / 'areas.json')
    assert '"road": 3' in (tmp_path / 'areas.json').read_text()
    write_areas([('a, b.jpg', areas)], tmp_path / 'areas.csv')
    lines = (tmp_path / 'areas.csv').read_text().splitlines()
    assert lines[0] == 'image,class,pixels,share'
    assert '"a, b.jpg",road,3,0.500000' in lines
    assert len(lines) == 12
